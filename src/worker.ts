/** The second, small door: what a stateless function needs to run tasks. Its bundle starts from here. */
export { DunlinError, type Failure, toFailure } from '../operators/index.ts'
export type { Clock } from './ports/ports.ts'
export type { ObjectStore, Stores } from './store/object-store.ts'
export { runTask } from './task/run-task.ts'
export type { TaskEvent, TaskResult } from './task/task-event.ts'
export type { TaskPorts } from './task/task-ports.ts'
