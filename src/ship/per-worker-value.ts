/** What `perWorker` made, to source: the factory is sent, and the worker that loads the module calls it. */
import type { Capture } from './capture.ts'
import type { perWorkerParts } from './per-worker.ts'
import { WORKER_VALUE_TEXT } from './worker-values.ts'

/** The expression of a copy of `fn`, which has `parts`; emits the statements that make it. */
export function perWorkerValue(
  c: Capture,
  fn: unknown,
  { factory, close }: NonNullable<ReturnType<typeof perWorkerParts>>,
): string {
  const id = c.newName('$f')
  c.remember(c.ids, fn, id)
  c.within('perWorker', () => {
    c.define(id, () => {
      const given = [factory, ...(close === undefined ? [] : [close])]
      return [`const ${id} = ${WORKER_VALUE_TEXT}(${given.map(part => c.value(part, null)).join(', ')});`]
    })
  })
  return id
}
