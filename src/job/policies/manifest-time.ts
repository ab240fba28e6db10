/** How long a manifest task may take: by its own work, whatever its stage gives to tasks that run the user's functions. Pure. */

/** What the smallest may take: a store that answers each request at its third attempt, a machine that is busy. */
const LEAST_MS = 300_000
/** Several times what was measured: commits of 30 ms each, 128 at a time, and 1 µs for each entry of the index. */
const COMMIT_MS = 5
const ENTRY_MS = 0.005

export function manifestTimeoutMs(work: { readonly tasks: number; readonly partitions: number }): number {
  const { tasks, partitions } = work
  return LEAST_MS + Math.ceil(tasks * COMMIT_MS + tasks * partitions * ENTRY_MS)
}
