/** The door of AWS: tasks as invocations of a Lambda function, and what the engine loads when it meets `s3://`. */

export { buildFunction, type FunctionOptions } from './build-function.ts'
export type { InvocationMode } from './invocation-mode.ts'
export { type Invoker, type InvokerOptions, openInvoker } from './invoker.ts'
export { createLambdaBackend, type LambdaBackendOptions, type MemoryTier } from './lambda-backend.ts'
export { openS3Store } from './s3/open-s3-store.ts'
export { S3Store, type S3StoreOptions } from './s3/s3-store.ts'
