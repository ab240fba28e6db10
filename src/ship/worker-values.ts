/** What a process or thread keeps for `perWorker`: values that are made at the first call and closed at the end. */
import { types } from 'node:util'

/** Shipped modules find the values of the worker that loads them here; they import nothing for it. */
const SLOT: unique symbol = Symbol.for('dunlin.workerValues')
/** The same as the generated module writes it. */
export const WORKER_VALUE_TEXT = 'globalThis[Symbol.for("dunlin.workerValues")].value'

/** Closes a value, or starts to. */
export type CloseValue = (value: unknown) => unknown

const { isPromise } = types

interface Made {
  readonly value: unknown
  /** Only of what is truly a promise: to wait for any other object with `then` would be to execute a query. */
  readonly isPromise: boolean
  readonly close: CloseValue | undefined
}

/** For all values together: less than the second after which a worker is killed. */
const CLOSE_MS = 900

/** One in a thread. A value that could not be made is made again at the next call. */
class WorkerValues {
  /** In the order in which they were there to be used: a factory awaits others before its own value is. */
  readonly #made: Made[] = []
  #closing: Promise<readonly unknown[]> | undefined
  #watchesExit = false

  /** How many values there are to close. */
  get size(): number {
    return this.#made.length
  }

  /** A function that calls `factory` once, at its first call; each later one gives the same value. */
  readonly value = (factory: () => unknown, close?: CloseValue): (() => unknown) => {
    let last: Made | undefined
    return () => {
      if (last !== undefined && this.#made.includes(last)) return last.value
      const called = new Error()
      let given: unknown
      try {
        given = factory()
      } catch (error) {
        throw factoryError(error, called)
      }
      const made: Made = isPromise(given)
        ? { value: this.#settled(given, () => made, called), isPromise: true, close }
        : { value: given, isPromise: false, close }
      last = made
      this.#made.push(made)
      this.#watchExit()
      return made.value
    }
  }

  /** As the promise; its entry stands last when it is fulfilled, and is taken away when it is rejected. */
  async #settled(promise: Promise<unknown>, entry: () => Made, called: Error): Promise<unknown> {
    try {
      const value = await promise
      if (this.#remove(entry())) this.#made.push(entry())
      return value
    } catch (error) {
      this.#remove(entry())
      throw factoryError(error, called)
    }
  }

  #remove(made: Made): boolean {
    const at = this.#made.indexOf(made)
    if (at !== -1) this.#made.splice(at, 1)
    return at !== -1
  }

  /** Closes what has been made, the last first, each when the one before is closed. Gives what was thrown. */
  close(): Promise<readonly unknown[]> {
    this.#closing ??= this.#closeAll().finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async #closeAll(): Promise<readonly unknown[]> {
    const thrown: unknown[] = []
    const end = performance.now() + CLOSE_MS
    for (let left = this.#made.length; left > 0; left = this.#made.length) {
      const made = this.#made.pop()!
      try {
        await within((end - performance.now()) / left, closeMade(made))
      } catch (error) {
        thrown.push(error)
      }
    }
    return thrown
  }

  /** A program that just ends, without closing its engine. Workers are told when to end. */
  #watchExit(): void {
    if (this.#watchesExit) return
    this.#watchesExit = true
    process.once('beforeExit', () => {
      this.#watchesExit = false
      void closeWorkerValues()
    })
  }
}

/** As the promise, but fails when it takes longer: one that hangs must not keep the others from being closed. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const waitMs = Math.max(0, Math.round(ms))
  const timer = setTimeout(() => late.reject(new Error(`it was not closed within ${waitMs} ms`)), waitMs)
  try {
    await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function closeMade({ value, isPromise, close }: Made): Promise<void> {
  await closeOne(isPromise ? await value : value, close)
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
