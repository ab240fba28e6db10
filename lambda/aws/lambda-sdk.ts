/** loadLambdaSdk: the client of the AWS SDK, which only those have installed who run tasks on AWS. */
import { installed } from './installed.ts'

/** @throws CONFIGURATION where it is not installed */
export const loadLambdaSdk = (): Promise<typeof import('@aws-sdk/client-lambda')> =>
  installed(() => import('@aws-sdk/client-lambda'), {
    message: 'running on AWS needs the package @aws-sdk/client-lambda, which is not installed',
    hint: 'Install the AWS SDK beside dunlin: npm install @aws-sdk/client-s3 @aws-sdk/client-lambda',
  })
