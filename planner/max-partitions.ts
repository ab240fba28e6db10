/** How many partitions rows may be divided into. */
import { DunlinError } from '../operators/index.ts'

/** Slices are indexed densely, producers × consumers: more would fill the driver's memory, and each slice be tiny. */
export const MAX_PARTITIONS = 10_000

/** @throws DunlinError `INVALID_PLAN` with the place of the verb */
export function checkMaxPartitions(verb: string, partitions: number | undefined, at?: string): void {
  if (partitions === undefined || partitions <= MAX_PARTITIONS) return
  throw new DunlinError(
    'INVALID_PLAN',
    `${verb}: ${partitions} partitions are asked for, and there may be ${MAX_PARTITIONS} at most`,
    {
      hint: 'Every producer makes a slice for every partition: ask for fewer.',
      place: at === undefined ? {} : { at },
    },
  )
}
