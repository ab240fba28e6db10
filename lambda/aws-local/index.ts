/** The door of `aws-local`: AWS on this machine. */
export { awsLocal } from './aws-local.ts'
export { type MotoServer, startMoto } from './moto-server.ts'
