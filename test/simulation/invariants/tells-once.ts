/** tellsOnce: a driver takes a task's commit of one generation once. */
import type { SimulationRun } from '../simulation-run.ts'

export function* tellsOnce({ drivers }: SimulationRun): Generator<string> {
  for (const { process, events } of drivers) {
    const told = new Set<string>()
    for (const event of events) {
      if (event.type !== 'taskCommitted') continue
      const place = `${event.stage}/${event.task} of generation ${event.generation}`
      if (told.has(place)) yield `${process.name} took the commit of ${place} twice`
      told.add(place)
    }
  }
}
