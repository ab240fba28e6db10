/** The machine that a measurement was made on, in a line. */
import { cpus, totalmem } from 'node:os'

export function machineText(): string {
  const all = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(0)
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${process.platform}, Node ${process.versions.node}`
}
