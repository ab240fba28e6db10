/** openAws: the clients of the AWS SDK that deploying needs, each loaded when it is first asked for something. */
import type { CloudFormation } from '@aws-sdk/client-cloudformation'
import type { IAM } from '@aws-sdk/client-iam'
import type { Lambda } from '@aws-sdk/client-lambda'
import type { S3 } from '@aws-sdk/client-s3'
import type { STS } from '@aws-sdk/client-sts'
import { installed, isNotInstalled } from '../installed.ts'

export interface AwsPlace {
  /** Default: as the AWS SDK finds it in the environment. */
  readonly region?: string
  /** Of a server that is not Amazon's, for all services: `http://127.0.0.1:5000`. Default: as the AWS SDK finds it. */
  readonly endpoint?: string
}

/** A client by the name of its service. Throws CONFIGURATION where its package is not installed. */
export interface Aws {
  cloudformation(): Promise<CloudFormation>
  iam(): Promise<IAM>
  lambda(): Promise<Lambda>
  s3(): Promise<S3>
  sts(): Promise<STS>
  close(): void
}

const LOADERS = {
  cloudformation: async () => (await import('@aws-sdk/client-cloudformation')).CloudFormation,
  iam: async () => (await import('@aws-sdk/client-iam')).IAM,
  lambda: async () => (await import('@aws-sdk/client-lambda')).Lambda,
  s3: async () => (await import('@aws-sdk/client-s3')).S3,
  sts: async () => (await import('@aws-sdk/client-sts')).STS,
} as const

export type Service = keyof typeof LOADERS

export const SERVICES = Object.keys(LOADERS) as readonly Service[]

export const packageOf = (service: Service): string => `@aws-sdk/client-${service}`

export function openAws({ region, endpoint }: AwsPlace): Aws {
  const clients = new Map<Service, Promise<{ destroy(): void }>>()
  const config = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  }
  const once = <C extends { destroy(): void }>(service: Service, open: () => Promise<C>): Promise<C> => {
    let client = clients.get(service) as Promise<C> | undefined
    if (client === undefined) clients.set(service, (client = installed(open, missing(service))))
    return client
  }
  return {
    cloudformation: () => once('cloudformation', async () => new (await LOADERS.cloudformation())(config)),
    iam: () => once('iam', async () => new (await LOADERS.iam())(config)),
    lambda: () => once('lambda', async () => new (await LOADERS.lambda())(config)),
    s3: () =>
      once('s3', async () => {
        const S3 = await LOADERS.s3()
        const isOther =
          (endpoint ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined
        return new S3({ ...config, forcePathStyle: isOther })
      }),
    sts: () => once('sts', async () => new (await LOADERS.sts())(config)),
    close() {
      for (const client of clients.values()) void client.then(one => one.destroy()).catch(() => {})
    },
  }
}

/** Whether the package of a service is there. */
export async function isInstalled(service: Service): Promise<boolean> {
  return await LOADERS[service]().then(
    () => true,
    (error: unknown) => {
      if (isNotInstalled(error)) return false
      throw error
    },
  )
}

const missing = (service: Service) => ({
  message: `this needs the package ${packageOf(service)}, which is not installed`,
  hint: `Install it beside dunlin: npm install ${packageOf(service)}`,
})
