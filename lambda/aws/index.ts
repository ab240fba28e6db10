/** dunlin on AWS: tasks as invocations of a Lambda function. */
export { buildFunction, type FunctionOptions } from './build-function.ts'
export { createLambdaBackend, type LambdaBackendOptions, type MemoryTier } from './lambda-backend.ts'
export { createLambdaClient, type LambdaClientOptions } from './lambda-client.ts'
