/** A Lambda service for this machine. */
export type { FunctionToDeploy } from './deployed-function.ts'
export type { FailureRecord } from './failure-record.ts'
export {
  type InvocationRecord,
  type LambdaService,
  type LambdaServiceOptions,
  startLambdaService,
} from './lambda-service.ts'
