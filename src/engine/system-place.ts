/** The real machine and process. */
import { hostname } from 'node:os'
import type { DriverPlace } from './ports.ts'

export const systemPlace: DriverPlace = {
  host: hostname(),
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
