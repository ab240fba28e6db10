/** What lies in a bucket: dunlin's own objects, which can be removed, and those of others, which are left alone. */
import type { S3 } from '@aws-sdk/client-s3'
import { DunlinError } from '../../../src/worker.ts'
import { decoded } from '../s3/list-objects.ts'
import { s3Error } from '../s3/s3-error.ts'
import type { Caller } from './caller.ts'
import { isOwnKey } from './names.ts'

export interface BucketContents {
  readonly own: { readonly objects: number; readonly bytes: number; readonly jobs: number }
  /** `some`: the first few keys. */
  readonly foreign: { readonly objects: number; readonly some: readonly string[] }
}

export interface Owner {
  /** Of the deployment. */
  readonly name: string
  readonly caller: Caller
}

const KEYS_SHOWN = 3

interface Found {
  readonly key: string
  readonly sizeBytes: number
}

export async function countContents(s3: S3, bucket: string, owner: Owner): Promise<BucketContents> {
  let objects = 0
  let bytes = 0
  let foreign = 0
  const some: string[] = []
  const jobs = new Set<string>()
  for await (const page of pages(s3, bucket, owner)) {
    for (const { key, sizeBytes } of page) {
      if (isOwnKey(key, owner.name)) {
        objects++
        bytes += sizeBytes
        if (key.startsWith('jobs/')) jobs.add(key.split('/')[1]!)
      } else if (++foreign <= KEYS_SHOWN) some.push(key)
    }
  }
  return { own: { objects, bytes, jobs: jobs.size }, foreign: { objects: foreign, some } }
}

/** Removes dunlin's own objects, and its uploads that were not finished. */
export async function clearBucket(
  s3: S3,
  bucket: string,
  owner: Owner,
): Promise<{ readonly objects: number; readonly bytes: number }> {
  let objects = 0
  let bytes = 0
  for await (const page of pages(s3, bucket, owner)) {
    const own = page.filter(({ key }) => isOwnKey(key, owner.name))
    if (own.length === 0) continue
    await deletePage(s3, bucket, own, owner)
    objects += own.length
    bytes += own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }
  await abortUploads(s3, bucket, owner)
  return { objects, bytes }
}

const owned = (bucket: string, { caller }: Owner) => ({ Bucket: bucket, ExpectedBucketOwner: caller.account })

async function* pages(s3: S3, bucket: string, owner: Owner): AsyncGenerator<readonly Found[]> {
  let after: string | undefined
  do {
    const page = await asked('s3:ListBucket', bucket, () =>
      s3.listObjectsV2({
        ...owned(bucket, owner),
        EncodingType: 'url',
        ...(after === undefined ? {} : { ContinuationToken: after }),
      }),
    )
    const plain = (key: string): string => (page.EncodingType === 'url' ? decoded(key) : key)
    yield (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({ key: plain(Key), sizeBytes: Size }))
    after = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (after !== undefined)
}

async function deletePage(s3: S3, bucket: string, own: readonly Found[], owner: Owner): Promise<void> {
  const { Errors = [] } = await asked('s3:DeleteObject', bucket, () =>
    s3.deleteObjects({
      ...owned(bucket, owner),
      Delete: { Objects: own.map(({ key }) => ({ Key: key })), Quiet: true },
    }),
  )
  const [first] = Errors
  if (first === undefined) return
  throw new DunlinError(
    'STORE',
    `s3://${bucket}/${first.Key} was not deleted: ${first.Code}: ${first.Message}`,
    {
      hint: 'Do this again: what is gone is gone.',
    },
  )
}

async function abortUploads(s3: S3, bucket: string, owner: Owner): Promise<void> {
  let next: { readonly KeyMarker?: string | undefined; readonly UploadIdMarker?: string | undefined } = {}
  for (;;) {
    const page = await asked('s3:ListBucketMultipartUploads', bucket, () =>
      s3.listMultipartUploads({ ...owned(bucket, owner), ...next } as Parameters<
        S3['listMultipartUploads']
      >[0]),
    )
    for (const { Key = '', UploadId } of page.Uploads ?? []) {
      if (UploadId === undefined || !isOwnKey(Key, owner.name)) continue
      await asked('s3:AbortMultipartUpload', bucket, () =>
        s3.abortMultipartUpload({ ...owned(bucket, owner), Key, UploadId }),
      )
    }
    if (page.IsTruncated !== true) return
    next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
  }
}

async function asked<T>(
  action: Parameters<typeof s3Error>[1]['action'],
  bucket: string,
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await request()
  } catch (error) {
    throw s3Error(error, { action, uri: `s3://${bucket}/` })
  }
}
