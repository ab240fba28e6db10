/** The door of AWS: what the engine loads when it meets `s3://`. */
export { openS3Store } from './s3/open-s3-store.ts'
export { S3Store, type S3StoreOptions } from './s3/s3-store.ts'
