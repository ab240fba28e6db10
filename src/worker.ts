/** The second, small door: what a stateless function and the clouds that run it need. Its bundle starts from here. */
export { DunlinError, type ErrorCode, type Failure, toFailure } from '../operators/index.ts'
export type { EngineFacts } from '../planner/index.ts'
export { firstMemoryMb } from '../planner/index.ts'
export type { ComputeBackend } from './compute/compute-backend.ts'
export { cancelled, failed, placeOf } from './compute/task-failure.ts'
export { createTaskHost } from './compute/task-host.ts'
export { uncaughtException, unhandledRejection } from './compute/uncaught.ts'
export { driverOnly } from './dataset/driver-only.ts'
export type { Engine } from './engine/engine.ts'
export { isJobId } from './job/job-id.ts'
export type { Ramp } from './job/policies/launch-window.ts'
export { pause } from './ports/pause.ts'
export type { Clock, Randomness } from './ports/ports.ts'
export { systemClock } from './ports/system-clock.ts'
export { systemRandom } from './ports/system-random.ts'
export { schemeOf, toRootUri } from './store/file-uri.ts'
export { checkKey, checkPrefix } from './store/key.ts'
export { lazyStore } from './store/lazy-store.ts'
export type {
  Body,
  ByteRange,
  ObjectInfo,
  ObjectStore,
  ObjectWriter,
  PutResult,
  RequestOptions,
  Stores,
  StreamOptions,
} from './store/object-store.ts'
export { createStores } from './store/open-stores.ts'
export { type Patience, patiently, Tries } from './store/patiently.ts'
export { readAhead } from './store/read-ahead.ts'
export { bytesOf, checkRange, notFound, piecesOf, shorterThanAsked, throwIfAborted } from './store/request.ts'
export type { S3Settings } from './store/s3-settings.ts'
export { runTask } from './task/run-task.ts'
export { seededRandom } from './task/seeded-random.ts'
export type { TaskEvent, TaskResult } from './task/task-event.ts'
export type { TaskPorts } from './task/task-ports.ts'
