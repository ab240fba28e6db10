/** awsStores: the stores of an engine whose tasks run as functions: S3, and where functions are on this machine, its files. */
import {
  createStores,
  DunlinError,
  lazyStore,
  type ObjectStore,
  type S3Settings,
  type Stores,
  schemeOf,
  toRootUri,
} from '../../src/worker.ts'
import { openS3Store } from './s3/open-s3-store.ts'
import type { S3Credentials } from './s3/s3-client.ts'

export interface AwsStoresOptions {
  readonly s3: S3Settings
  /** Default: as the SDK finds them. */
  readonly credentials?: S3Credentials | undefined
  /** Whether functions see the files of this machine. */
  readonly files: 'seen' | 'refused'
}

/** What is neither on S3 nor seen is a `CONFIGURATION` error. */
export function awsStores({ s3, credentials, files }: AwsStoresOptions): Stores {
  const plain = createStores()
  const opened = new Map<string, ObjectStore>()
  return {
    open(rootUri) {
      const scheme = schemeOf(rootUri)
      if (scheme === 'file' || scheme === 'memory') {
        if (scheme === 'file' && files === 'seen') return plain.open(rootUri)
        throw new DunlinError(
          'CONFIGURATION',
          `${rootUri} is on this machine, where no function can see it`,
          {
            hint: 'Put it on S3 (aws s3 cp) and name it as s3://bucket/path; relative paths are below aws.base.',
          },
        )
      }
      if (scheme !== 's3') return plain.open(rootUri)
      const uri = toRootUri(rootUri, 'file:///')
      let store = opened.get(uri)
      if (store === undefined) {
        store = lazyStore({ uri, isPatient: true }, () => openS3Store(uri, s3, credentials))
        opened.set(uri, store)
      }
      return store
    },
  }
}
