/** The failures that a job met, a line for each kind: how many, which, the first one's place. Pure. */
import type { CountedFailure } from '../../operators/index.ts'
import { placeText } from './place-text.ts'
import { fitText } from './progress/text-width.ts'
import { plural } from './quantity-text.ts'

const KINDS_SHOWN = 5
const MESSAGE_WIDTH = 120

/** `2 × WORKER_LOST: worker thread 3 ended … (stage 0, task 3, attempt 1)`. */
export function failureLines(failures: readonly CountedFailure[]): string[] {
  const lines = failures.slice(0, KINDS_SHOWN).map(failure => {
    const { job: _, ...place } = failure.place
    const where = placeText(place)
    const message = fitText(failure.message.split('\n', 1)[0]!, MESSAGE_WIDTH)
    return `${failure.count} × ${failure.code}: ${message}${where === '' ? '' : ` (${where})`}`
  })
  const more = failures.length - lines.length
  return more === 0 ? lines : [...lines, `and ${plural(more, 'more kind')}; all are in the report as JSON`]
}
