/** The resident memory of this process over time: what the driver of a job takes. */

export interface MemoryWatch {
  /** Ends the watch. Bytes: when it began, and the most that was seen. */
  stop(): { readonly atStart: number; readonly peak: number }
}

const SAMPLE_MS = 20

export function watchMemory(): MemoryWatch {
  globalThis.gc?.()
  const atStart = process.memoryUsage.rss()
  let peak = atStart
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const looking = setInterval(look, SAMPLE_MS)
  return {
    stop() {
      clearInterval(looking)
      look()
      return { atStart, peak }
    },
  }
}
