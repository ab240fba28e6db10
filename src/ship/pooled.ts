/** Memory that Node cuts small Buffers from: whoever has one view of it could read all the others. */
import { isMarkedAsUntransferable } from 'node:worker_threads'

/** Whether the memory is such a pool. Node marks them, since a transfer would take away what others use. */
export function isPooled(buffer: ArrayBufferLike): boolean {
  return isMarkedAsUntransferable(buffer)
}
