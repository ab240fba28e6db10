/** slotsAreKept: no driver has more attempts at work than its backend has slots. */
import type { SimulationRun } from '../simulation-run.ts'

export function* slotsAreKept({ fleet }: SimulationRun): Generator<string> {
  const [driver] = fleet.overbooked
  if (driver !== undefined) yield `${driver} had more than ${fleet.slots} attempts at work`
}
