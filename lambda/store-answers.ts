/** StoreAnswers: waiting for answers that functions put into the store, by listing it; for all tasks of one job. */
import { DunlinError, type ObjectStore, readAhead, type TaskResult } from '../src/worker.ts'
import { answersPrefix, RESULT, STARTED } from './answer-by-store.ts'

/** Answers below one prefix: two objects each fill one page of a listing. */
const ANSWERS_A_FOLDER = 500
const READS_IN_FLIGHT = 16
const MOST_READ_BYTES = 64 << 20

export interface StoreAnswersOptions {
  readonly store: ObjectStore
  readonly job: string
  /** Unlike that of any other driver of the job. */
  readonly driver: string
  /** Between two listings while an answer is waited for. */
  readonly pollMs: number
}

/** One answer that is waited for. */
export interface ExpectedAnswer {
  /** Where the function has to answer. */
  readonly key: string
  /** Resolves when the function has begun. */
  readonly started: Promise<void>
  /** Rejects where the store cannot be read. */
  readonly result: Promise<TaskResult>
  /** Nobody waits any more. */
  forget(): void
}

interface Waiting {
  readonly started: PromiseWithResolvers<void>
  readonly result: PromiseWithResolvers<TaskResult>
}

/**
 * What it costs: a LIST for each 500 launches of which one is not answered, in each round, and a GET for each answer. A
 * folder whose answers are all there is not listed again.
 */
export class StoreAnswers {
  readonly #options: StoreAnswersOptions
  readonly #prefix: string
  /** By number of the folder, then by key. */
  readonly #waiting = new Map<number, Map<string, Waiting>>()
  #next = 0
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: StoreAnswersOptions) {
    this.#options = options
    this.#prefix = answersPrefix(options.job, options.driver)
  }

  expect(): ExpectedAnswer {
    const number = this.#next++
    const folder = Math.floor(number / ANSWERS_A_FOLDER)
    const key = `${this.#folder(folder)}${number}`
    const one: Waiting = { started: Promise.withResolvers(), result: Promise.withResolvers() }
    // Whoever has forgotten it is not told.
    one.result.promise.catch(() => undefined)
    const inFolder = this.#waiting.get(folder) ?? new Map<string, Waiting>()
    inFolder.set(key, one)
    this.#waiting.set(folder, inFolder)
    this.#listSoon()
    return {
      key,
      started: one.started.promise,
      result: one.result.promise,
      forget: () => this.#forget(folder, key),
    }
  }

  /** What the function could not say itself. */
  fail(key: string, error: DunlinError): void {
    for (const inFolder of this.#waiting.values()) inFolder.get(key)?.result.reject(error)
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#waiting.clear()
  }

  #folder(number: number): string {
    return `${this.#prefix}${String(number).padStart(8, '0')}/`
  }

  #forget(folder: number, key: string): void {
    const inFolder = this.#waiting.get(folder)
    inFolder?.delete(key)
    if (inFolder?.size === 0) this.#waiting.delete(folder)
  }

  #listSoon(): void {
    if (this.#timer !== null || this.#closed || this.#waiting.size === 0) return
    this.#timer = setTimeout(() => {
      void this.#round().finally(() => {
        this.#timer = null
        this.#listSoon()
      })
    }, this.#options.pollMs)
  }

  async #round(): Promise<void> {
    try {
      const found: [number, string][] = []
      await Promise.all(
        [...this.#waiting.keys()].map(async folder => {
          for (const key of await this.#answered(folder)) found.push([folder, key])
        }),
      )
      await this.#read(found)
    } catch (error) {
      for (const inFolder of this.#waiting.values())
        for (const one of inFolder.values()) one.result.reject(error)
    }
  }

  /** Keys of answers that are there and waited for; those that have begun are told. */
  async #answered(folder: number): Promise<string[]> {
    const answered: string[] = []
    for await (const { key } of this.#options.store.list(this.#folder(folder))) {
      const dot = key.lastIndexOf('.')
      const one = this.#waiting.get(folder)?.get(key.slice(0, dot))
      if (one === undefined) continue
      if (key.endsWith(STARTED)) one.started.resolve()
      if (key.endsWith(RESULT)) answered.push(key.slice(0, dot))
    }
    return answered
  }

  async #read(found: readonly [number, string][]): Promise<void> {
    const options = { items: found, width: READS_IN_FLIGHT, maxBytes: MOST_READ_BYTES, sizeOf: () => 0 }
    const { store } = this.#options
    const read = async ([folder, key]: [number, string]) => ({
      folder,
      key,
      bytes: await store.get(`${key}${RESULT}`),
    })
    for await (const { folder, key, bytes } of readAhead(options, read)) {
      const one = this.#waiting.get(folder)?.get(key)
      this.#forget(folder, key)
      one?.started.resolve()
      try {
        one?.result.resolve(JSON.parse(Buffer.from(bytes).toString()) as TaskResult)
      } catch (error) {
        one?.result.reject(
          new DunlinError('CORRUPT', `${store.uri}${key}${RESULT} is no result of a task`, {
            cause: error,
            retryable: true,
          }),
        )
      }
    }
  }
}
