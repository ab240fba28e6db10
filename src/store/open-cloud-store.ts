/** Stores whose code lies with the clouds, loaded by their first request: the one file here that reaches right. */
import { lazyStore } from './lazy-store.ts'
import type { ObjectStore } from './object-store.ts'
import type { S3Settings } from './s3-settings.ts'

export interface CloudSettings {
  readonly s3?: S3Settings | undefined
}

type OpenCloudStore = (uri: string, settings: CloudSettings) => ObjectStore

/** By the scheme of their roots. */
export const CLOUD_STORES: ReadonlyMap<string, OpenCloudStore> = new Map([
  [
    's3',
    (uri: string, { s3 = {} }: CloudSettings) =>
      lazyStore({ uri, isPatient: true }, async () => {
        const { openS3Store } = await import('../../lambda/aws/index.ts')
        return openS3Store(uri, s3)
      }),
  ],
])
