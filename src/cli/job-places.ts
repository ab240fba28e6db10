/** What a job file reads and writes, and whether this machine may: sources are listed, nothing is written. */
import { isAbsolute } from 'node:path'
import type { Check, JobPlaces } from '../../lambda/aws/deploy/index.ts'
import { DunlinError } from '../../operators/index.ts'
import { type Source, scansOf } from '../../planner/index.ts'
import { markUsed, type Output } from '../dataset/output.ts'
import { listSource } from '../source/list-source.ts'
import { schemeOf, toRootUri } from '../store/file-uri.ts'
import type { Stores } from '../store/object-store.ts'

export interface ExaminedJob {
  readonly checks: readonly Check[]
  /** What is there, for the functions to be asked about. */
  readonly places: JobPlaces
}

export async function examineJob(
  outputs: readonly Output[],
  options: { readonly stores: Stores; readonly baseUri: string },
): Promise<ExaminedJob> {
  markUsed(outputs)
  const checks: Check[] = []
  const reads: string[] = []
  const writes: string[] = []
  const logical = { outputs: outputs.map(output => output.logical) }
  for (const { source } of scansOf(logical)) {
    if (source.kind !== 'files') continue
    for (const uri of source.uris) {
      const { check, object } = await lookAtSource({ ...source, uris: [uri] }, options)
      checks.push(check)
      if (object !== undefined) reads.push(object)
    }
  }
  for (const output of logical.outputs) {
    if (output.kind !== 'write') continue
    const uri = toRootUri(output.uri, options.baseUri)
    const check = await lookAtOutput(uri, options.stores)
    checks.push(check)
    if (check.state !== 'notOk') writes.push(uri)
  }
  return { checks, places: { reads, writes } }
}

interface LookedAt {
  readonly check: Check
  /** The first of its objects. */
  readonly object?: string
}

async function lookAtSource(
  source: Source & { readonly kind: 'files' },
  options: { readonly stores: Stores; readonly baseUri: string },
): Promise<LookedAt> {
  const [uri = ''] = source.uris
  const subject = `read ${uri}`
  if (!isInS3(uri, options.baseUri)) return { check: onThisMachine(subject) }
  return await unlessRefused(subject, async () => {
    const { objects } = await listSource(source, options)
    const first = objects[0]
    if (first === undefined) return { check: { subject, state: 'ok', text: 'an output without rows' } }
    const store = options.stores.open(first.root)
    await store.get(first.key, { offset: 0, length: Math.min(1, first.sizeBytes) })
    const text = `you may; objects: ${objects.length}`
    return { check: { subject, state: 'ok', text }, object: first.root + first.key }
  })
}

async function lookAtOutput(uri: string, stores: Stores): Promise<Check> {
  const subject = `write ${uri}`
  if (!isInS3(uri, uri)) return onThisMachine(subject)
  const { check } = await unlessRefused(subject, async () => {
    for await (const _ of stores.open(uri).list('')) break
    const text = 'you may list it; whether you may write is known by writing'
    return { check: { subject, state: 'notChecked', text } }
  })
  return check
}

/** A path that is not relative is one of this machine. */
function isInS3(uri: string, base: string): boolean {
  const scheme = schemeOf(uri)
  return scheme === undefined ? !isAbsolute(uri) && schemeOf(base) === 's3' : scheme === 's3'
}

const onThisMachine = (subject: string): Check => ({
  subject,
  state: 'notOk',
  text: 'functions do not see the files of this machine',
  hint: 'Put them into a bucket, and name them by s3://bucket/key.',
})

async function unlessRefused(subject: string, look: () => Promise<LookedAt>): Promise<LookedAt> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof DunlinError)) throw error
    const { message: text, hint } = error
    return { check: { subject, state: 'notOk', text, ...(hint === undefined ? {} : { hint }) } }
  }
}
