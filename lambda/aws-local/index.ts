/** The door of `aws-local`: AWS on this machine. */
export { awsLocal } from './aws-local.ts'
export { type MotoOptions, type MotoServer, startMoto } from './moto-server.ts'
export { SERVE_S3 } from './serve-s3.ts'
