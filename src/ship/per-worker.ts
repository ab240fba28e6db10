/** `perWorker`: what cannot be sent to workers, such as a connection, made by each worker for itself. */
import { argument } from '../dataset/arguments.ts'
import { type CloseValue, workerValues } from './worker-values.ts'

/** What `perWorker` takes. */
export interface PerWorkerOptions<T> {
  /** Closes the value when its worker ends. Default: its `Symbol.asyncDispose` or `Symbol.dispose`, if it has one. */
  readonly close?: (value: T extends Promise<unknown> ? Awaited<T> : T) => unknown
}

interface Parts {
  readonly factory: () => unknown
  readonly close?: CloseValue
}

/** Tells what `perWorker` has made, also where another copy of dunlin made it. */
const PARTS: unique symbol = Symbol.for('dunlin.perWorker')

/**
 * A function that gives a value of the worker it is called on: made by `factory` at the first call, shared by all tasks
 * of that worker and by all functions that use it, and closed when the worker ends. For what cannot be captured: clients,
 * connections, caches, models. An async `factory` gives a promise: all calls await the same one. Where `factory` fails,
 * so does the record, and the next call tries again.
 *
 * What a factory captures is captured like everything else. A value is closed by `close`, or by its own
 * `Symbol.asyncDispose` or `Symbol.dispose`, before those that were there before it; that takes a second at most for all
 * of a worker, and is left out where a worker is killed or crashes. Called on the driver, it gives a value of the driver,
 * which is closed with an engine, or when the program ends by itself.
 *
 * @throws DunlinError `INVALID_ARGUMENT` when `factory` or `close` is not a function
 *
 * @example
 * const decoder = perWorker(() => new TextDecoder('utf-8', { fatal: true }))
 * await from([Uint8Array.of(100, 117, 110)]).map(bytes => decoder().decode(bytes)).collect() // ['dun']
 */
export function perWorker<T>(factory: () => T, options: PerWorkerOptions<T> = {}): () => T {
  argument.fn('perWorker', factory)
  argument.known('perWorker', options, ['close'])
  if (options.close !== undefined) argument.fn('perWorker', options.close, 'close')
  const close = options.close as CloseValue | undefined
  const get = workerValues.value(factory, close)
  const parts: Parts = { factory, ...(close === undefined ? {} : { close }) }
  return Object.defineProperty(get, PARTS, { value: parts }) as () => T
}

/** What `perWorker` was given, where it made `fn`. */
export function perWorkerParts(fn: unknown): Parts | undefined {
  return typeof fn === 'function' ? (fn as { [PARTS]?: Parts })[PARTS] : undefined
}
