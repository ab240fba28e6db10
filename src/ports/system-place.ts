/** The real machine and process. */
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { DriverPlace } from './ports.ts'

export const systemPlace: DriverPlace = {
  host: hostname(),
  machine: createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8),
  pid: process.pid,
  isGone(pid) {
    try {
      process.kill(pid, 0)
      return isZombie(pid)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ESRCH'
    }
  },
}

/** Whether it has ended, and its parent has not asked how: an orphan in a container may stay so. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The state stands behind the name of the program, which may hold anything.
    return stat.startsWith('Z', stat.lastIndexOf(')') + 2)
  } catch {
    return false
  }
}

/** Containers may share a host's name: a process id means nothing outside of its namespace. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
