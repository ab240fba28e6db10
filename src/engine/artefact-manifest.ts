/** `artefact.json`: what an artefact consists of, under a hash of its own. */
import { DunlinError } from '../../operators/index.ts'
import { hashOf } from '../ship/hash-of.ts'
import type { ShippedModule } from '../ship/ship.ts'
import { engineVersion } from './engine-version.ts'

export interface Contents extends Pick<ShippedModule, 'functions' | 'packages' | 'captured' | 'warnings'> {
  /** Hashes of the other files. */
  readonly code: string | null
  readonly map: string | null
  readonly data: readonly string[]
  readonly plan: string
}

export interface Manifest extends Contents {
  readonly version: 1
  readonly engineVersion: string
  /** Major version of the Node that captured: data is in its format. */
  readonly node: number
  /** Of all the rest: facts of functions decide what is computed, and no other hash covers them. */
  readonly hash: string
}

const nodeMajor = (): number => Number(process.versions.node.split('.')[0])

/** However the file is laid out. */
const hashOfRest = (rest: object): string => hashOf(Buffer.from(JSON.stringify(rest)))

export function manifestOf(contents: Contents): Manifest {
  const rest = { version: 1 as const, engineVersion, node: nodeMajor(), ...contents }
  // Through JSON, as a reader sees it: what is undefined is not there.
  return { ...rest, hash: hashOfRest(JSON.parse(JSON.stringify(rest)) as object) }
}

export function damaged(file: string, cause?: unknown): DunlinError {
  return new DunlinError('CORRUPT', `the artefact is damaged: ${file} is not what was built`, {
    hint: 'Build it again with `dunlin build`.',
    cause,
  })
}

/**
 * The manifest that stands in `file`, whose text is given.
 *
 * @throws DunlinError `CONFIGURATION` where another version of dunlin or an older Node reads it; `CORRUPT` where it was
 * changed
 */
export function readManifest(text: string, file: string): Manifest {
  const read = parsed(text)
  if (!isObject(read) || !isWhole(read.version) || !isText(read.engineVersion) || !isWhole(read.node))
    throw damaged(file)
  if (read.version !== 1 || read.engineVersion !== engineVersion || read.node > nodeMajor()) {
    throw new DunlinError(
      'CONFIGURATION',
      `${file} was built by dunlin ${read.engineVersion} on Node ${read.node}; this is dunlin ${engineVersion} on Node ${nodeMajor()}`,
      { hint: 'Build it again with the version that runs it.' },
    )
  }
  const { hash, ...rest } = read
  if (hash !== hashOfRest(rest) || !isContents(rest)) throw damaged(file)
  return read as unknown as Manifest
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)
const isHash = (value: unknown): boolean => isText(value) && /^[0-9a-f]{64}$/.test(value)
const isListOf = (value: unknown, is: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(is)

/** What names files is checked too, also where somebody made the hash anew. */
function isContents({
  code,
  map,
  data,
  plan,
  functions,
  packages,
  captured,
  warnings,
}: object & Partial<Record<keyof Contents, unknown>>): boolean {
  return (
    (code === null ? map === null && isListOf(functions, () => false) : isHash(code) && isHash(map)) &&
    isHash(plan) &&
    isListOf(data, isHash) &&
    isListOf(functions, isFacts) &&
    isListOf(packages, isObject) &&
    isListOf(captured, isObject) &&
    isListOf(warnings, isText)
  )
}

function isFacts(facts: unknown): boolean {
  return (
    isObject(facts) &&
    isWhole(facts.index) &&
    isText(facts.name) &&
    (facts.at === undefined || isText(facts.at)) &&
    isListOf(facts.reads, isText) &&
    isObject(facts.passThrough) &&
    isListOf(Object.values(facts.passThrough), isText) &&
    typeof facts.escapes === 'boolean' &&
    typeof facts.async === 'boolean'
  )
}
