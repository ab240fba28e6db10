/** Job ids: readable, unique enough to be typed by hand, and sorted by time when sorted as text. */
import { DunlinError } from '../../operators/index.ts'
import type { Clock, Randomness } from '../ports/ports.ts'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'
/** 36^6 = 2.2 billion ids a second; a second job of the same id is refused when its plan is written. */
const RANDOM_LETTERS = 6

/**
 * The id of a job submitted now, in UTC.
 *
 * @example
 * newJobId(clock, random) // '20261121-034112-x7f3k2'
 */
export function newJobId(clock: Pick<Clock, 'now'>, random: Pick<Randomness, 'next'>): string {
  const [date, time] = new Date(clock.now()).toISOString().replace(/[-:]/g, '').split(/[T.]/)
  let letters = ''
  for (let i = 0; i < RANDOM_LETTERS; i++) letters += ALPHABET[Math.floor(random.next() * ALPHABET.length)]
  return `${date}-${time}-${letters}`
}

/** Whether a text could be a job's id, and so part of a key. */
export function isJobId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(text)
}

/** @throws INVALID_ARGUMENT for what can be no job's id */
export function checkJobId(id: string): string {
  if (isJobId(id)) return id
  throw new DunlinError('INVALID_ARGUMENT', `${JSON.stringify(id)} is not a job id`, {
    hint: 'List the jobs of this store with `dunlin jobs list`.',
  })
}

/** When the job began, as `newJobId` has written it; undefined for an id of another form. Milliseconds since 1970. */
export function timeOfJobId(id: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(id)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as number[]
  return Date.UTC(year!, month! - 1, day, hour, minute, second)
}
