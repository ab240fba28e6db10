/** What a process or thread keeps for `perWorker`: values that are made at the first call and closed at the end. */

/** Shipped modules find the values of the worker that loads them here; they import nothing for it. */
const SLOT: unique symbol = Symbol.for('dunlin.workerValues')
/** The same as the generated module writes it. */
export const WORKER_VALUE_TEXT = 'globalThis[Symbol.for("dunlin.workerValues")].value'

/** Closes a value, or starts to. */
export type CloseValue = (value: unknown) => unknown

interface Made {
  readonly value: unknown
  readonly close: CloseValue | undefined
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** One in a thread. A value that could not be made is made again at the next call. */
class WorkerValues {
  readonly #made: Made[] = []

  /** How many values there are to close. */
  get size(): number {
    return this.#made.length
  }

  /** A function that calls `factory` once, at its first call; each later one gives the same value. */
  readonly value = (factory: () => unknown, close?: CloseValue): (() => unknown) => {
    let made: Made | undefined
    const forget = (): void => {
      const at = made === undefined ? -1 : this.#made.indexOf(made)
      if (at !== -1) this.#made.splice(at, 1)
      made = undefined
    }
    return () => {
      if (made !== undefined && this.#made.includes(made)) return made.value
      const called = new Error()
      let value: unknown
      try {
        value = factory()
      } catch (error) {
        throw factoryError(error, called)
      }
      if (isPromise(value)) {
        value = Promise.resolve(value).catch((error: unknown) => {
          forget()
          throw factoryError(error, called)
        })
      }
      made = { value, close }
      this.#made.push(made)
      return value
    }
  }

  /** Closes what has been made, the last first, each when the one before is closed. Gives what was thrown. */
  async close(): Promise<readonly unknown[]> {
    const thrown: unknown[] = []
    for (let last = this.#made.pop(); last !== undefined; last = this.#made.pop()) {
      try {
        await closeOne(await last.value, last.close)
      } catch (error) {
        thrown.push(error)
      }
    }
    return thrown
  }
}

/** By `close` where it was given, else by the protocol of `await using`. */
async function closeOne(value: unknown, close: CloseValue | undefined): Promise<void> {
  if (close !== undefined) {
    await close(value)
    return
  }
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
  if (Symbol.asyncDispose in value) await (value as AsyncDisposable)[Symbol.asyncDispose]()
  else if (Symbol.dispose in value) (value as Disposable)[Symbol.dispose]()
}

/** Says whose error it is. Its stack is that of what was thrown, or else of the call: both lead to the user's lines. */
function factoryError(thrown: unknown, called: Error): Error {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  const error = new Error(`the factory of perWorker failed: ${text}`, { cause: thrown })
  const frames = (stack: string | undefined): string => /^ {4}at (?:.|\n)*/m.exec(stack ?? '')?.[0] ?? ''
  const own = thrown instanceof Error ? frames(thrown.stack) : ''
  error.stack = `Error: ${error.message}\n${/\(?(?:file:|\/)/.test(own) ? own : frames(called.stack)}`
  return error
}

const holder = globalThis as { [SLOT]?: WorkerValues }

/** The values of this thread, also for another copy of dunlin in it. */
export const workerValues: WorkerValues = (holder[SLOT] ??= new WorkerValues())

/** Closes the values of this thread; what goes wrong is told on standard error, since there is nobody to fail for it. */
export async function closeWorkerValues(): Promise<void> {
  for (const error of await workerValues.close())
    console.error('dunlin: a value of perWorker could not be closed:', error)
}
