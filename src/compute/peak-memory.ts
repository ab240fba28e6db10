/** The resident memory of this process at its highest. */
import { readFileSync } from 'node:fs'

const BYTES_PER_KB = 1024

/**
 * Bytes. Linux is asked for the high-water mark of this process: what `getrusage` tells there is at least what the
 * parent held when it forked.
 */
export function peakMemoryBytes(): number {
  try {
    const mark = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))
    if (mark !== null) return Number(mark[1]) * BYTES_PER_KB
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * BYTES_PER_KB
}
