/** loadLambdaSdk: the client of the AWS SDK, which only those have installed who run tasks on AWS. */
import { DunlinError } from '../../src/worker.ts'

/** @throws CONFIGURATION where it is not installed */
export async function loadLambdaSdk(): Promise<typeof import('@aws-sdk/client-lambda')> {
  try {
    return await import('@aws-sdk/client-lambda')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new DunlinError(
      'CONFIGURATION',
      'running on AWS needs the package @aws-sdk/client-lambda, which is not installed',
      {
        cause,
        hint: 'Install the AWS SDK beside dunlin: npm install @aws-sdk/client-s3 @aws-sdk/client-lambda',
      },
    )
  }
}
