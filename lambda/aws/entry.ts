/** The one generic function: what Lambda calls. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTaskHost, type TaskResult } from '../../src/worker.ts'
import { answerByStore } from '../answer-by-store.ts'
import { answerUncaught } from '../answer-uncaught.ts'
import { createHandler } from '../handler.ts'

/** Put in by `buildFunction`. */
declare const DUNLIN_VERSION: string

/** Code of jobs stays here as long as the environment lives. */
const host = createTaskHost({ directory: join(tmpdir(), 'dunlin') })
const handle = createHandler(host.ports, DUNLIN_VERSION)

interface Context {
  getRemainingTimeInMillis(): number
}

const answering = answerUncaught(
  (event, context: Context): Promise<TaskResult> =>
    handle(event, { remainingMs: () => context.getRemainingTimeInMillis() }),
)

export const handler = answerByStore(answering, uri => host.ports(uri).stores.open(uri))
