/** The real machine and process. */
import { createHash } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { DriverPlace } from './ports.ts'

export const systemPlace: DriverPlace = {
  host: hostname(),
  machine: createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8),
  pid: process.pid,
  isGone(pid) {
    try {
      process.kill(pid, 0)
      return false
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ESRCH'
    }
  },
}

/** Containers may share a host's name: a process id means nothing outside of its namespace. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
