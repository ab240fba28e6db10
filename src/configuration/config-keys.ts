/** The keys of a configuration, and what each may be. */
import type { AwsOptions } from '../../lambda/aws/public.ts'
import type { LocalOptions } from '../engine/local-engine.ts'
import type { S3Settings } from '../store/s3-settings.ts'
import { type DunlinConfig, ENGINE_NAMES } from './dunlin-config.ts'

/** A value that is checked, or a level of further keys. */
export type Allowed = AllowedValue | AllowedKeys

export interface AllowedValue {
  readonly kind: 'value'
  /** What the value may be, for the message. */
  readonly text: string
  readonly takes: (value: unknown) => boolean
}

export interface AllowedKeys {
  readonly kind: 'keys'
  readonly keys: Readonly<Record<string, Allowed>>
}

const keys = (of: Readonly<Record<string, Allowed>>): AllowedKeys => ({ kind: 'keys', keys: of })
const value = (text: string, takes: AllowedValue['takes']): AllowedValue => ({ kind: 'value', text, takes })

const isText = (given: unknown): given is string => typeof given === 'string' && given !== ''
const text = value('text', isText)
const oneOf = (...names: readonly string[]): AllowedValue => {
  const quoted = names.map(name => `'${name}'`)
  return value(`${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`, given =>
    names.includes(String(given)),
  )
}
const whole = (least: number): AllowedValue =>
  value(`a whole number from ${least} on`, given => Number.isSafeInteger(given) && Number(given) >= least)
const dollars = value(
  'dollars, as 0.0000004',
  given => typeof given === 'number' && Number.isFinite(given) && given >= 0,
)
const wholes = value(
  'a list of whole numbers',
  given => Array.isArray(given) && given.every(one => Number.isSafeInteger(one)),
)
const flag = value('true or false', given => typeof given === 'boolean')
const account = value('the 12 digits of an account', given => isText(given) && /^\d{12}$/.test(given))
const url = value(
  'a URL as http://127.0.0.1:9000',
  given => isText(given) && /^https?:\/\//.test(given) && URL.canParse(given),
)
const jobStore = value(
  "an address as 's3://bucket/prefix'",
  given => isText(given) && /^s3:\/\/./.test(given),
)

const s3 = {
  endpoint: url,
  region: text,
  forcePathStyle: flag,
  expectedBucketOwner: account,
  kmsKeyId: text,
} satisfies Record<keyof S3Settings, Allowed>

const local = {
  workers: whole(1),
  isolation: oneOf('thread', 'process', 'inline'),
  directory: text,
  base: text,
  workerMemoryMb: whole(1),
  s3: keys(s3),
} satisfies Record<keyof LocalOptions, Allowed>

const prices = {
  date: text,
  perGbSecond: keys({ arm64: dollars, x86_64: dollars }),
  perInvocation: dollars,
  perPut: dollars,
  perGet: dollars,
} satisfies Record<keyof NonNullable<AwsOptions['prices']>, Allowed>

const aws = {
  region: text,
  name: text,
  bucket: text,
  memorySizesMb: wholes,
  timeoutMs: whole(1),
  architecture: oneOf('arm64', 'x86_64'),
  concurrency: whole(1),
  invocation: oneOf('auto', 'sync', 'event'),
  prices: keys(prices),
  base: text,
  store: jobStore,
  endpoints: keys({ lambda: url, s3: url } satisfies Record<
    keyof NonNullable<AwsOptions['endpoints']>,
    Allowed
  >),
  credentials: keys({ accessKeyId: text, secretAccessKey: text, sessionToken: text } satisfies Record<
    keyof NonNullable<AwsOptions['credentials']>,
    Allowed
  >),
} satisfies Record<keyof AwsOptions, Allowed>

export const CONFIG_KEYS: AllowedKeys = keys({
  engine: oneOf(...ENGINE_NAMES),
  local: keys(local),
  aws: keys(aws),
} satisfies Record<keyof DunlinConfig, Allowed>)
