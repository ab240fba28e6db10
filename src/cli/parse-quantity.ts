/** Sizes, durations and numbers as people write them on a command line; anything else is a usage error. */
import { InvalidArgumentError } from 'commander'

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}
const COUNTS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }
const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  min: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
}

function quantity(text: string, units: Readonly<Record<string, number>>, example: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = units[unit?.toLowerCase() ?? 'none']
  if (number === undefined || factor === undefined) throw new InvalidArgumentError(`Write it as ${example}.`)
  return Number(number) * factor
}

const LEAST_MEMORY = 1e6

/** `128MB`, `1.5 GB`, `64MiB`: bytes. A megabyte at least, so that a forgotten unit is noticed. */
export function parseMemory(text: string): number {
  const bytes = Math.floor(quantity(text, BYTES, '128MB or 64MiB'))
  if (bytes < LEAST_MEMORY) throw new InvalidArgumentError('It is 1MB at least, with its unit: 64MB.')
  return bytes
}

/** `1769 3538`, or `1769,3538`: megabytes, each as an option takes one more. */
export function parseMegabytes(text: string, before: readonly number[] = []): readonly number[] {
  const sizes = text.split(',').map(one => /^(\d+)(?:MB)?$/i.exec(one.trim())?.[1])
  if (sizes.includes(undefined)) throw new InvalidArgumentError('Write it as 1769, or 1769,3538.')
  return [...before, ...sizes.map(Number)]
}

/** `7d`, `12h`, `30min`, `45s`: milliseconds. */
export function parseDuration(text: string): number {
  return quantity(text, MILLISECONDS, '7d, 12h, 30min or 45s')
}

/** `5`, `$0.25`: dollars. */
export function parseDollars(text: string): number {
  const [, number] = /^\$?(\d+(?:\.\d+)?)$/.exec(text.trim()) ?? []
  if (number === undefined || Number(number) === 0) throw new InvalidArgumentError('Write it as 5 or $0.25.')
  return Number(number)
}

/** A whole number from 1 up. */
export function parseCount(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1)
    throw new InvalidArgumentError('It is a whole number from 1 up.')
  return Number(text)
}

/** A whole number from 1 up, of which there may be many: `10000000`, `1e7`, `10M`. */
export function parseLargeCount(text: string): number {
  const [, digits, power] = /^(\d+)e(\d{1,2})$/.exec(text.trim()) ?? []
  const count =
    digits === undefined ? quantity(text, COUNTS, '10000000, 1e7 or 10M') : Number(`${digits}e${power}`)
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new InvalidArgumentError('It is a whole number from 1 up.')
}

/** A whole number from 0 up. */
export function parseSeed(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 0 up.')
}
