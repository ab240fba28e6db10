/** The client of the AWS SDK, loaded when a store is first asked for something. */
import type { S3 } from '@aws-sdk/client-s3'
import type { S3Settings } from '../../../src/worker.ts'
import { installed } from '../installed.ts'

/** Sockets to one host: a worker's reads ahead, its writes and its hedges. */
const MAX_SOCKETS = 128
const CONNECTION_TIMEOUT_MS = 5_000
/** A connection on which nothing has moved for so long is taken for dead. */
const IDLE_SOCKET_MS = 30_000

/** Of a server of one's own, where the SDK need not look for them. Never part of settings, which workers are told. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/**
 * One client for all stores with the same settings, so that they share their connections.
 *
 * @throws CONFIGURATION where the AWS SDK is not installed
 */
export async function s3Client(settings: S3Settings, credentials?: S3Credentials): Promise<S3> {
  const id = JSON.stringify([
    Object.entries(settings).sort(),
    endpointOf(settings),
    regionOf(settings),
    credentials ?? null,
  ])
  let client = clients.get(id)
  if (client === undefined) clients.set(id, (client = makeClient(settings, credentials)))
  return client
}

const clients = new Map<string, Promise<S3>>()

async function makeClient(settings: S3Settings, credentials: S3Credentials | undefined): Promise<S3> {
  const { S3 } = await loadSdk()
  const endpoint = endpointOf(settings)
  const region = regionOf(settings)
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS }
  return new S3({
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
    forcePathStyle: settings.forcePathStyle ?? endpoint !== undefined,
    // The store tries again by itself: an answer that was lost must be settled between two tries.
    maxAttempts: 1,
    // It would have a connection of its own for each part that is written.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      socketTimeout: IDLE_SOCKET_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
}

function endpointOf(settings: S3Settings): string | undefined {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
  return settings.endpoint ?? (AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined)
}

function regionOf(settings: S3Settings): string | undefined {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
  const said = settings.region ?? (AWS_REGION || AWS_DEFAULT_REGION || undefined)
  // Other servers take any, or this.
  return said ?? (endpointOf(settings) === undefined ? undefined : 'us-east-1')
}

const loadSdk = (): Promise<typeof import('@aws-sdk/client-s3')> =>
  installed(() => import('@aws-sdk/client-s3'), {
    message: 's3:// needs the package @aws-sdk/client-s3, which is not installed',
    hint: 'Install it beside dunlin: npm install @aws-sdk/client-s3',
  })
