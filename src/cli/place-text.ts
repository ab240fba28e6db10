/** Where in a job something happened, as people read it. Pure. */
import type { ErrorPlace } from '../../operators/index.ts'

/** `job …, stage 0, task 3, attempt 2 · Map parseLine · jobs/count.ts:12:9`. */
export function placeText(place: ErrorPlace): string {
  const inPlan = (['job', 'stage', 'task', 'attempt'] as const)
    .filter(part => place[part] !== undefined)
    .map(part => `${part} ${place[part]}`)
    .join(', ')
  return [inPlan, place.operator ?? '', place.at ?? ''].filter(part => part !== '').join(' · ')
}
