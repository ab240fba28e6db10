/** Promises where user functions return them: told apart, kept from being unhandled. */

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

/** A real promise for a thenable, whose rejection is not "unhandled" while nobody waits for it yet. */
export function heldPromise(thenable: PromiseLike<unknown>): Promise<unknown> {
  const promise = Promise.resolve(thenable)
  promise.catch(() => {})
  return promise
}

/** What an async iterable gives, as the promise of an array. */
export function gathered(value: unknown): Promise<unknown> | null {
  if (typeof value !== 'object' || value === null || !(Symbol.asyncIterator in value)) return null
  return heldPromise(allOf(value as AsyncIterable<unknown>))
}

async function allOf(iterable: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const value of iterable) all.push(value)
  return all
}
