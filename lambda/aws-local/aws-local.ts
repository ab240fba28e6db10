/** awsLocal: the engine of AWS, over a Lambda service in this process and an S3 server: the one that is given, or moto. */
import { availableParallelism } from 'node:os'
import { type Engine, type S3Settings, toRootUri } from '../../src/worker.ts'
import { awsEngine } from '../aws/aws-engine.ts'
import { type AwsOptions, checkAwsOptions } from '../aws/aws-options.ts'
import { buildFunction } from '../aws/build-function.ts'
import { DEFAULT_MEMORY_SIZES_MB, DEFAULT_NAME, functionName, MOST_TIMEOUT_MS } from '../aws/deployment.ts'
import { ensureBucket } from '../aws/job-bucket.ts'
import { openS3Store } from '../aws/s3/open-s3-store.ts'
import { type S3Credentials, s3Client } from '../aws/s3/s3-client.ts'
import { parseS3Uri } from '../aws/s3/s3-uri.ts'
import { type LambdaService, startLambdaService } from '../local-service/index.ts'
import { cacheDirectory } from './cache-directory.ts'
import { type MotoServer, startMoto } from './moto-server.ts'

const DEFAULT_REGION = 'us-east-1'
/** Of moto, which takes any. */
const ANY_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

/**
 * Functions are processes of this machine, from the package that would be deployed, and see its files: relative paths are
 * below the current directory. With a bucket of its own on the S3 server. All of it ends with this process; where moto is
 * the server, what is on S3 goes with it.
 *
 * @throws CONFIGURATION that names the option which is wrong; runs throw it where no S3 server can be had
 */
export function awsLocal(options: AwsOptions = {}): Engine {
  checkAwsOptions(options)
  const here = toRootUri(process.cwd(), 'file:///')
  const base = options.base === undefined ? here : toRootUri(options.base, here)
  let moto: MotoServer | undefined
  let service: LambdaService | undefined
  let reached: AwsOptions = { ...options, base }
  const reachS3 = async (): Promise<void> => {
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
    const region = options.region ?? (AWS_REGION || AWS_DEFAULT_REGION || DEFAULT_REGION)
    const given = endpointOf(options)
    if (given === undefined) moto ??= await startMoto({ home: cacheDirectory() })
    const endpoint = given ?? moto!.endpoint
    const credentials = options.credentials ?? (given === undefined ? ANY_CREDENTIALS : undefined)
    const bucket = bucketOf(options)
    const s3 = await s3Client({ endpoint, region }, credentials)
    await ensureBucket(s3, bucket, region)
    reached = { ...reached, region, bucket, endpoints: { s3: endpoint }, ...(credentials && { credentials }) }
  }
  const reachLambda = async (): Promise<void> => {
    service ??= await startFunctions(reached)
    const { concurrency = availableParallelism() } = options
    reached = {
      ...reached,
      concurrency,
      endpoints: { ...reached.endpoints, lambda: service.endpoint },
      credentials: reached.credentials ?? ANY_CREDENTIALS,
    }
  }
  return awsEngine({
    name: 'aws-local',
    options,
    files: 'seen',
    async reach(what) {
      await (what === 'store' ? reachS3() : reachLambda())
      return reached
    },
    async release() {
      await service?.close()
      await moto?.close()
    },
  })
}

function endpointOf({ endpoints }: AwsOptions): string | undefined {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
  return endpoints?.s3 ?? (AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined)
}

function bucketOf({ store, bucket, name = DEFAULT_NAME }: AwsOptions): string {
  return store === undefined ? (bucket ?? `${name}-local`) : parseS3Uri(store).bucket
}

async function startFunctions(reached: AwsOptions): Promise<LambdaService> {
  const {
    name = DEFAULT_NAME,
    memorySizesMb = DEFAULT_MEMORY_SIZES_MB,
    timeoutMs = MOST_TIMEOUT_MS,
  } = reached
  const settings: S3Settings = { endpoint: reached.endpoints!.s3!, region: reached.region! }
  const [zip, environment, failures] = await Promise.all([
    buildFunction(),
    environmentOf(settings, reached.credentials),
    openS3Store(`s3://${reached.bucket}/`, settings, reached.credentials),
  ])
  return startLambdaService({
    region: reached.region!,
    inBackground: true,
    async: { retries: 0 },
    // Where it cannot be written, the driver takes the task for lost when it has waited long enough.
    onFailure: ({ key, text }) => void failures.put(key, Buffer.from(text)).catch(() => undefined),
    functions: memorySizesMb.map(memoryMb => ({
      ...{ name: functionName(name, memoryMb), handler: 'index.handler', memoryMb, timeoutMs, zip },
      environment,
    })),
  })
}

/** By which functions reach S3. On AWS their role gives them credentials in the same variables. */
async function environmentOf(
  settings: S3Settings,
  credentials: S3Credentials | undefined,
): Promise<Record<string, string>> {
  const s3 = await s3Client(settings, credentials)
  const { accessKeyId, secretAccessKey, sessionToken } = await s3.config.credentials()
  return {
    AWS_ENDPOINT_URL_S3: settings.endpoint!,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  }
}
