/** S3Settings: how `s3://` is reached. Plain data without a secret in it, since workers are told it too. */

/**
 * All of it is optional: what is not said here comes from where the AWS SDK looks (environment, shared configuration
 * files, the role of the machine), and so do the credentials, always.
 *
 * @example
 * const minio = local({ directory: 's3://lake/dunlin', s3: { endpoint: 'http://127.0.0.1:9000' } })
 * minio.store.uri // 's3://lake/dunlin/'
 * await minio.close()
 */
export interface S3Settings {
  /** Base URL of a server that speaks S3 (MinIO, R2, Ceph). Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else AWS. */
  readonly endpoint?: string
  /** Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's; `us-east-1` where there is an endpoint. */
  readonly region?: string
  /** Whether the bucket stands in the path of URLs and not in the host's name. Default: where there is an endpoint. */
  readonly forcePathStyle?: boolean
  /** The account (12 digits) that buckets must belong to: S3 refuses requests to a bucket of another's. */
  readonly expectedBucketOwner?: string
  /** What is written is encrypted by this key of KMS (an id, ARN or alias). Default: as the bucket says. */
  readonly kmsKeyId?: string
}
