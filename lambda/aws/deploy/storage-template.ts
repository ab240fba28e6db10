/** storageTemplate: the bucket of jobs and their data, and nothing else. */
import { bucketText, type Deployment } from './deployment-plan.ts'
import { EXPIRING } from './names.ts'
import { PARTITION, policy, type Resource, sub, type Template, type Value, variable } from './template.ts'

/** A writer that is gone leaves an upload behind, in no listing, and paid for. */
const STALE_UPLOAD_DAYS = 2

/**
 * A stack of its own: the package of the functions lies in the bucket, so that it must be there before they are; and a
 * bucket that holds what is not dunlin's stays when they go.
 */
export function storageTemplate(deployment: Deployment): Template {
  const { version, keepDays } = deployment
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `dunlin ${version}: the bucket of jobs and their data`,
    Metadata: { dunlin: { version, keepDays } },
    Resources: { Bucket: bucket(deployment), BucketPolicy: tlsOnly() },
    Outputs: { Bucket: { Description: 'Of jobs and their data', Value: { Ref: 'Bucket' } } },
  }
}

function bucket(deployment: Deployment): Resource {
  return {
    Type: 'AWS::S3::Bucket',
    // A bucket that is not empty is never deleted: CloudFormation says so, and keeps stack and bucket.
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      BucketName: bucketText(deployment),
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: { Rules: lifecycle(deployment.keepDays) },
      Tags: [{ Key: 'dunlin', Value: deployment.name }],
    },
  }
}

/** Shipped code stays: a job may use what was put there long ago. */
function lifecycle(keepDays: number): readonly Value[] {
  const stale = {
    Id: 'stale-uploads',
    Status: 'Enabled',
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: STALE_UPLOAD_DAYS },
  }
  const expiring = EXPIRING.map(prefix => ({
    Id: `old-${prefix.replaceAll('/', '-').replace(/-$/, '')}`,
    Status: 'Enabled',
    Prefix: prefix,
    ExpirationInDays: keepDays,
  }))
  return [...expiring, stale]
}

/** A denial is as wide as it can be. */
function tlsOnly(): Resource {
  const arn = `arn:${PARTITION}:s3:::${variable('Bucket')}`
  return {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: { Ref: 'Bucket' },
      PolicyDocument: policy([
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [sub(arn), sub(`${arn}/*`)],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
    },
  }
}
