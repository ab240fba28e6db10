/** The worker entry: what each thread or process of the local backend runs. */
import { getHeapStatistics } from 'node:v8'
import { serveTasks } from './compute/serve-tasks.ts'
import { createTaskHost } from './compute/task-host.ts'
import { readWorkerSettings } from './compute/worker-message.ts'
import { closeWorkerValues, workerValues } from './ship/worker-values.ts'
import { runTask } from './task/run-task.ts'

/** Imported modules cannot be unloaded: after this many, a fresh worker is cheaper than their memory. */
const MODULES_AT_MOST = 20
/** The same for the code and data that they were made of, of more than one module: a fresh worker needs its own anyway. */
const CODE_BYTES_AT_MOST = 64 * 2 ** 20
const HEAP_SHARE_AT_MOST = 0.7

const { tempDirectory, s3 } = readWorkerSettings()
const host = createTaskHost({ directory: tempDirectory, s3 })

function isWorn(): boolean {
  const { loader } = host
  if (loader.modules < 2) return false
  const heap = getHeapStatistics()
  return (
    loader.modules >= MODULES_AT_MOST ||
    loader.sizeBytes >= CODE_BYTES_AT_MOST ||
    heap.used_heap_size >= heap.heap_size_limit * HEAP_SHARE_AT_MOST
  )
}

serveTasks({
  run: (event, signal) => runTask(event, { ...host.ports(event.store), signal }),
  isWorn,
  holds: () => workerValues.size > 0,
  close: closeWorkerValues,
})
