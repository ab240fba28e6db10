/** CONFIG_TEMPLATE: the configuration that `dunlin init` writes: the defaults, and what else there is. */

export const CONFIG_TEMPLATE = `import { defineConfig } from 'dunlin'

export default defineConfig({
  // Where pipelines run that are given no engine: 'local', 'aws-local' or 'aws'.
  // --engine and DUNLIN_ENGINE come before this.
  engine: 'local',

  // Workers of this machine.
  local: {
    // workers: 4,                      // tasks at once; default: the processors there are
    // isolation: 'process',            // a task that crashes costs itself alone; default: 'thread'
    // directory: '.dunlin',            // where jobs keep plans, journals and shuffle data
    // base: 'data/',                   // what relative paths of sources and outputs are relative to
    // s3: { endpoint: 'http://127.0.0.1:9000' },   // MinIO and the like, for s3:// addresses
  },

  // AWS Lambda over S3; 'aws-local' is the same on this machine, without an account.
  // Needs: npm install @aws-sdk/client-s3 @aws-sdk/client-lambda
  aws: {
    // region: 'eu-central-1',          // default: AWS_REGION, or that of AWS_PROFILE
    // name: 'dunlin',                  // begins the names of all that is deployed
    // bucket: 'my-dunlin-jobs',        // where jobs keep their data; default: the one that is deployed
    // base: 's3://my-data/',           // what relative paths are relative to; default: that bucket
    // memorySizesMb: [1769, 3538],     // a function for each
    // concurrency: 500,                // invocations at once; default: half of what the account has left
  },
})
`
