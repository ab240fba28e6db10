/** SimulationRun: one job in one world, over; what the invariants look at. */
import { SUCCESS_KEY } from '../../src/sink/output-keys.ts'
import type { Fleet } from './fleet.ts'
import type { Driver } from './start-driver.ts'
import type { Found, PreparedWorkload } from './workload.ts'
import type { World } from './world.ts'

export interface SimulationRun {
  readonly world: World
  readonly workload: PreparedWorkload
  readonly fleet: Fleet
  readonly driver: Driver
  /** By number of output: what a reader found when the job had succeeded; null where it did not. */
  readonly found: readonly Found[] | null
  /** What a run without faults gave. */
  readonly reference: readonly Found[] | null
  /** When the driver had its outcome, or was killed. */
  readonly endedMs: number
}

/** An invariant: what is wrong with a run, a line for each. */
export type Invariant = (run: SimulationRun) => Iterable<string>

/** The output directories, by the number of the output. */
export function outputSpaces({ world, workload }: Pick<SimulationRun, 'world' | 'workload'>) {
  return workload.prepared.logical.outputs.flatMap((output, index) =>
    output.kind === 'write' ? [{ index, space: world.space(output.uri) }] : [],
  )
}

/** The parts that a directory's `_SUCCESS` lists, in order, or null where there is no `_SUCCESS`. */
export function listedParts(space: { get(key: string): { readonly bytes: Uint8Array } | undefined }) {
  const success = space.get(SUCCESS_KEY)
  if (success === undefined) return null
  return (
    JSON.parse(Buffer.from(success.bytes).toString()) as {
      parts: { name: string; bytes: number; rows: number }[]
    }
  ).parts
}
