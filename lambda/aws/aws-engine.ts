/** awsEngine: S3 and Lambda as an engine; what its options leave open is found when it is opened. */
import {
  type ComputeBackend,
  DunlinError,
  driverOnly,
  type Engine,
  type ObjectStore,
  type S3Settings,
  type Stores,
  systemClock,
  systemRandom,
  toRootUri,
} from '../../src/worker.ts'
import type { AwsOptions } from './aws-options.ts'
import { awsRates } from './aws-rates.ts'
import { awsStores } from './aws-stores.ts'
import {
  DEFAULT_MEMORY_SIZES_MB,
  DEFAULT_NAME,
  defaultBucket,
  functionName,
  MOST_TIMEOUT_MS,
} from './deployment.ts'
import { openInvoker } from './invoker.ts'
import { checkBucket } from './job-bucket.ts'
import { type DeployedAt, openLambdaAccount } from './lambda-account.ts'
import { createLambdaBackend, type MemoryTier } from './lambda-backend.ts'
import { loadLambdaSdk } from './lambda-sdk.ts'
import { ownVersion } from './own-version.ts'
import { s3Client } from './s3/s3-client.ts'
import { parseS3Uri } from './s3/s3-uri.ts'

export interface AwsEngineSetup {
  readonly name: 'aws' | 'aws-local'
  readonly options: AwsOptions
  /** Whether functions see the files of this machine. */
  readonly files: 'seen' | 'refused'
  /** Makes ready what is asked, once for each, and gives the options by which it is reached. */
  reach(what: 'store' | 'all'): Promise<AwsOptions>
  release(): Promise<void>
}

/** What `open('store')` finds. */
interface Located {
  readonly store: ObjectStore
  readonly stores: Stores
  readonly baseUri: string
}

/** What `open('all')` finds. */
interface Connected {
  readonly compute: ComputeBackend
  /** By whose prices costs are told. */
  readonly region: string
}

/** Connections for each invocation that may be in flight: that of an attempt which was given up closes a little later. */
const CONNECTIONS_A_SLOT = 2

/** A tenth of what a usual account has. */
const UNKNOWN_SLOTS = 100

export function awsEngine(setup: AwsEngineSetup): Engine {
  const { name, options } = setup
  const { architecture = 'arm64' } = options
  let located: Located | undefined
  let connected: Connected | undefined
  let isClosed = false
  const found = <T>(value: T | undefined): T => {
    if (value !== undefined) return value
    throw new DunlinError('INTERNAL', `the engine ${name} was used before it was opened`)
  }
  const locating = once(async () => {
    // First, since its absence says best what is to be installed.
    await loadLambdaSdk()
    located = await locate(setup, await setup.reach('store'))
  })
  const connecting = once(async () => {
    await locating()
    connected = await connect(await setup.reach('all'), found(located))
  })
  return driverOnly('an engine', {
    name,
    clock: systemClock,
    random: systemRandom,
    get store() {
      return found(located).store
    },
    get stores() {
      return found(located).stores
    },
    get baseUri() {
      return found(located).baseUri
    },
    get compute() {
      return found(connected).compute
    },
    get facts() {
      const { compute, region } = found(connected)
      const { memorySizesMb, timeoutMs, prices } = options
      const rates = awsRates({
        ...{ region, architecture },
        ...(memorySizesMb === undefined ? {} : { memorySizesMb }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(prices === undefined ? {} : { prices }),
      })
      return { name, slots: compute.slots, ...rates }
    },
    async open(what: 'store' | 'all') {
      if (isClosed) throw new DunlinError('INVALID_ARGUMENT', `the engine ${name} is closed`)
      await (what === 'store' ? locating() : connecting())
    },
    async close() {
      isClosed = true
      await connected?.compute.close()
      await setup.release()
    },
  })
}

/** Runs one at a time and then never again, but after a failure, whose cause may have been removed. */
function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= work().catch((error: unknown) => {
      running = undefined
      throw error
    })
    return running
  }
}

async function locate({ files }: AwsEngineSetup, options: AwsOptions): Promise<Located> {
  const { region, endpoints, credentials, base } = options
  const endpoint = endpoints?.s3
  const s3: S3Settings = {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
  }
  const given = endpoint === undefined ? undefined : credentials
  const { uri, bucket } = parseS3Uri(
    options.store ?? `s3://${options.bucket ?? (await deployedBucket(options))}/`,
  )
  await checkBucket(await s3Client(s3, given), bucket)
  const stores = awsStores({ s3, credentials: given, files })
  return { store: stores.open(uri), stores, baseUri: base === undefined ? uri : toRootUri(base, 'file:///') }
}

/** The account is in the name of the bucket, and in what Lambda says of a function. */
async function deployedBucket(options: AwsOptions): Promise<string> {
  const account = await openLambdaAccount(options)
  try {
    const [first] = tiersOf(options)
    return bucketAt(options, await account.find(first!.functionName))
  } finally {
    account.close()
  }
}

function bucketAt({ name = DEFAULT_NAME }: AwsOptions, { account, region }: DeployedAt): string {
  return defaultBucket(name, account, region)
}

async function connect(options: AwsOptions, { stores }: Located): Promise<Connected> {
  const { endpoints, credentials, invocation, timeoutMs = MOST_TIMEOUT_MS } = options
  const tiers = tiersOf(options)
  const account = await openLambdaAccount(options)
  try {
    const [unreserved, [at]] = await Promise.all([
      options.concurrency === undefined ? account.unreservedConcurrency() : 0,
      Promise.all(tiers.map(tier => account.find(tier.functionName))),
    ])
    const slots = options.concurrency ?? slotsOf(unreserved)
    const endpoint = endpoints?.lambda
    const invoker = await openInvoker({
      region: account.region,
      connections: slots * CONNECTIONS_A_SLOT,
      timeoutMs,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(endpoint === undefined || credentials === undefined ? {} : { credentials }),
    })
    // Where Lambda tells of events that failed, as it was deployed.
    const failures = stores.open(`s3://${options.bucket ?? bucketAt(options, at!)}/`)
    const compute = createLambdaBackend({
      ...{ invoker, tiers, slots, version: ownVersion(), events: { stores, failures } },
      ...(invocation === undefined ? {} : { mode: invocation }),
    })
    return { compute, region: account.region }
  } finally {
    account.close()
  }
}

/** Half of what is left in the account: the other half is for whatever else there is in it. */
function slotsOf(unreserved: number | undefined): number {
  if (unreserved !== undefined) return Math.max(1, Math.floor(unreserved / 2))
  process.emitWarning(
    `AWS does not say how many functions may run at once (lambda:GetAccountSettings): ${UNKNOWN_SLOTS} tasks do, unless aws.concurrency says`,
    'DunlinWarning',
  )
  return UNKNOWN_SLOTS
}

function tiersOf({ name = DEFAULT_NAME, memorySizesMb = DEFAULT_MEMORY_SIZES_MB }: AwsOptions): MemoryTier[] {
  return memorySizesMb.map(memoryMb => ({ functionName: functionName(name, memoryMb), memoryMb }))
}
