/** Bounds how many files the requests of this thread hold open at once. */

/** Far below any usual limit; streams and writers, whose lives their users decide, are not counted. */
const OPEN_AT_MOST = 32

let open = 0
const waiting: (() => void)[] = []

/** Runs `task` when fewer than 32 others run; in the order of the calls. */
export async function withOpenFile<T>(task: () => Promise<T>): Promise<T> {
  if (open >= OPEN_AT_MOST) await new Promise<void>(resolve => waiting.push(resolve))
  else open++
  try {
    return await task()
  } finally {
    const next = waiting.shift()
    // The place goes from this task to the next one without being free between.
    if (next) next()
    else open--
  }
}
