/** What S3 says becomes an error that says which object, why, and what to do. */
import { describe, expect, it } from 'vitest'
import { s3Error } from '../../../../lambda/aws/s3/s3-error.ts'

const uri = 's3://shop/orders/a.csv'

function said(name: string, status?: number, more: object = {}): Error {
  const $metadata = { ...(status !== undefined && { httpStatusCode: status }), requestId: 'R1' }
  return Object.assign(new Error(`${name} was said`), { name, $metadata, ...more })
}

const inRegion = { $response: { headers: { 'x-amz-bucket-region': 'eu-west-1' } } }

describe('an answer of S3', () => {
  it.each([
    [said('NoSuchKey', 404), 'NOT_FOUND', false, 'does not exist', undefined],
    [said('NotFound', 404), 'NOT_FOUND', false, 'does not exist', undefined],
    [said('NoSuchBucket', 404), 'CONFIGURATION', false, 'there is no bucket shop', 'aws s3 mb s3://shop'],
    [
      said('AccessDenied', 403),
      'ACCESS_DENIED',
      false,
      'refused',
      's3:GetObject on arn:aws:s3:::shop/orders/a.csv',
    ],
    [
      said('PermanentRedirect', 301, inRegion),
      'CONFIGURATION',
      false,
      'the region eu-west-1',
      'AWS_REGION=eu-west-1',
    ],
    [said('400', 400, inRegion), 'CONFIGURATION', false, 'the region eu-west-1', 'AWS_REGION=eu-west-1'],
    [said('CredentialsProviderError'), 'CONFIGURATION', false, 'no AWS credentials', 'AWS_PROFILE'],
    [said('InvalidAccessKeyId', 403), 'CONFIGURATION', false, 'access key is unknown', 'AWS_ACCESS_KEY_ID'],
    [
      said('SignatureDoesNotMatch', 403),
      'CONFIGURATION',
      false,
      'secret access key',
      'AWS_SECRET_ACCESS_KEY',
    ],
    [said('ExpiredToken', 400), 'CONFIGURATION', false, 'expired', 'AWS_PROFILE'],
    [said('RequestTimeTooSkewed', 403), 'CONFIGURATION', true, 'clock is wrong', 'Set the clock'],
    [said('KMS.DisabledException', 400), 'CONFIGURATION', false, 'key of KMS', 'kmsKeyId'],
    [said('InvalidObjectState', 403), 'STORE', false, 'archived', 'Restore'],
    [said('SlowDown', 503), 'THROTTLED', true, 'fewer requests', undefined],
    [said('TooManyRequests', 429), 'THROTTLED', true, 'fewer requests', undefined],
    [said('InternalError', 500), 'STORE', true, 'answered 500', undefined],
    [said('InternalError', 200), 'STORE', true, 'InternalError', undefined],
    [said('ConditionalRequestConflict', 409), 'STORE', true, 'answered 409', undefined],
    [said('RequestTimeout', 400), 'STORE', true, 'answered 400', undefined],
    [said('MalformedXML', 400), 'STORE', false, 'answered 400', undefined],
    [said('EntityTooLarge', 400), 'TOO_LARGE', false, 'EntityTooLarge', undefined],
    [said('XMinioStorageFull', 507), 'NO_SPACE', false, 'XMinioStorageFull', undefined],
    [said('BadDigest', 400), 'CORRUPT', true, 'on their way', undefined],
    [said('TimeoutError'), 'STORE', true, 'no whole answer', 'network'],
    [
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      'STORE',
      true,
      'ECONNRESET',
      'network',
    ],
    [new Error('Region is missing'), 'CONFIGURATION', false, 'no AWS region', 'AWS_REGION'],
    [new TypeError('x is not a function'), 'STORE', false, 'not a function', undefined],
  ])('%s is %s', (error, code, retryable, text, hint) => {
    const made = s3Error(error, { action: 's3:GetObject', uri })
    expect({ code: made.code, retryable: made.retryable }).toEqual({ code, retryable })
    expect(made.message).toContain(uri)
    expect(made.message).toContain(text)
    expect(made.hint ?? '').toContain(hint ?? '')
    expect(made.cause).toBe(error)
  })

  it('is a cancellation where the caller has asked for one', () => {
    const made = s3Error(new Error('aborted'), {
      action: 's3:GetObject',
      uri,
      signal: AbortSignal.abort('enough'),
    })
    expect(made).toMatchObject({ code: 'CANCELLED', cause: 'enough' })
  })
})
