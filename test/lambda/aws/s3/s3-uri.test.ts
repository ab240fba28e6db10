import { expect, it } from 'vitest'
import { parseS3Uri } from '../../../../lambda/aws/s3/s3-uri.ts'

it.each([
  ['s3://shop', 's3://shop/', 'shop', ''],
  ['s3://shop/', 's3://shop/', 'shop', ''],
  ['s3://shop/a b/50% #1?', 's3://shop/a b/50% #1?/', 'shop', 'a b/50% #1?/'],
  ['S3://Old_Bucket/x/', 's3://Old_Bucket/x/', 'Old_Bucket', 'x/'],
])('%s is a bucket and a prefix', (uri, root, bucket, prefix) => {
  expect(parseS3Uri(uri)).toEqual({ uri: root, bucket, prefix })
})

it.each(['s3://', 's3:///x', 's3:x', 's3://-a/', 's3://a', 's3://b@d/x'])('%s names no bucket', uri => {
  expect(() => parseS3Uri(uri)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})
