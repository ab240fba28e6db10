/** Whether a task that is made again has given other rows than before: who has read those must read again. */
import { isDeepStrictEqual } from 'node:util'
import { readCommit } from '../shuffle/commit-task.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { StageTaskEvent } from './task-event.ts'
import type { FinishedOutput } from './task-output.ts'

export async function isChanged(
  store: ObjectStore,
  event: StageTaskEvent,
  { schema, slices }: Pick<FinishedOutput, 'schema' | 'slices'>,
): Promise<boolean> {
  if (event.generation === 0) return false
  // A record that cannot be read says nothing: then the rows count as others.
  const before = await readCommit(store, event, event.generation - 1).catch(() => undefined)
  // Nobody may have heard of a change: then what readers have read is older still.
  if (before === undefined || before.success.changed) return true
  return !isDeepStrictEqual([before.success.schema, before.slices], [schema, slices])
}
