/**
 * answerByStore: an invocation that nobody waits for says in the store that it has begun, and what its result is. Keys are
 * those that the event asks for, below its own job.
 */
import { DunlinError, type ObjectStore, type TaskResult, toFailure } from '../src/worker.ts'

/** What an event carries beside the task where the result goes to the store. */
export interface AnsweredByStore {
  /** Key of the store of the job, without an ending. */
  readonly answerTo: string
}

/** That the function has begun: it need not be launched again. */
export const STARTED = '.started'
/** JSON of the task's result. */
export const RESULT = '.result'

/** All answers of one driver, which goes with the job's data. */
export const answersPrefix = (job: string, driver: string): string => `jobs/${job}/answers/${driver}/`

/** @param storeOf opens the store of a job */
export function answerByStore<Rest extends readonly unknown[]>(
  handle: (event: unknown, ...rest: Rest) => Promise<TaskResult>,
  storeOf: (uri: string) => ObjectStore,
): (event: unknown, ...rest: Rest) => Promise<TaskResult | null> {
  return async (event, ...rest) => {
    const { answerTo, store, job } = (event ?? {}) as Readonly<
      Partial<Record<keyof AnsweredByStore | 'store' | 'job', unknown>>
    >
    if (answerTo === undefined) return handle(event, ...rest)
    if (typeof answerTo !== 'string' || typeof store !== 'string' || typeof job !== 'string')
      throw new DunlinError(
        'CONFIGURATION',
        'an event that is answered by the store names its store, job and key',
      )
    if (!answerTo.startsWith(`jobs/${job}/answers/`))
      throw new DunlinError('CONFIGURATION', `the answer to job ${job} cannot go to ${answerTo}`)
    const to = storeOf(store)
    await to.put(`${answerTo}${STARTED}`, new Uint8Array())
    // Whatever happened is the answer: nobody reads what this invocation throws.
    const result = await handle(event, ...rest).catch(
      (error: unknown): TaskResult => ({ ok: false, failure: toFailure(error) }),
    )
    await to.put(`${answerTo}${RESULT}`, Buffer.from(JSON.stringify(result)))
    return null
  }
}
