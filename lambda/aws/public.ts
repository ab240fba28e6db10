/** `dunlin/aws`: what people import who give an engine themselves, where a configuration file would do. */
import { DunlinError, type Engine, schemeOf } from '../../src/worker.ts'
import { awsEngine } from './aws-engine.ts'
import { type AwsOptions, checkAwsOptions } from './aws-options.ts'

export type { AwsOptions } from './aws-options.ts'
export type { Architecture, AwsDeployment } from './deployment.ts'
export type { AwsPrices } from './prices.ts'

/**
 * An engine on AWS: tasks are invocations of the functions that `dunlin deploy` made, jobs keep their data on S3. Account,
 * bucket and concurrency are found with its first run, not before. `close()` ends its connections.
 *
 * @throws DunlinError `CONFIGURATION` that names the option which is wrong; runs throw it where a function, the bucket,
 * credentials, the region or a package of the AWS SDK is missing, and `ACCESS_DENIED` where a permission is
 *
 * @example
 * const engine = aws({ region: 'eu-central-1', bucket: 'shop-jobs', base: 's3://shop-data/' })
 * engine.name // 'aws'
 * await engine.close()
 */
export function aws(options: AwsOptions = {}): Engine {
  checkAwsOptions(options)
  const { base } = options
  if (base !== undefined && schemeOf(base) !== 's3') {
    throw new DunlinError('CONFIGURATION', `aws.base is ${base}, not an address as 's3://bucket/prefix'`, {
      hint: 'Functions see no files of this machine: put the data on S3 (aws s3 cp).',
    })
  }
  return awsEngine({
    name: 'aws',
    options,
    files: 'refused',
    reach: async () => options,
    release: async () => {},
  })
}
