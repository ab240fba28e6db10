/** dunlin on AWS: tasks as invocations of a Lambda function. */
export { buildFunction, type FunctionOptions } from './build-function.ts'
export { type Invoker, type InvokerOptions, openInvoker } from './invoker.ts'
export { createLambdaBackend, type LambdaBackendOptions, type MemoryTier } from './lambda-backend.ts'
