/** How a plan is refused. */
import type { DunlinError } from '../../../operators/index.ts'
import { type LogicalNode, type LogicalOutput, plan } from '../../../planner/index.ts'
import { Job, result } from '../job.ts'

/** Code, message, hint and place; `planned` where it is not refused. */
export function refusal(make: (job: Job) => LogicalNode | readonly LogicalOutput[]): string {
  const job = new Job()
  const made = make(job)
  const outputs = Array.isArray(made) ? (made as LogicalOutput[]) : [result(made as LogicalNode)]
  try {
    plan({ outputs }, job.facts)
  } catch (error) {
    const { code, message, hint, place } = error as DunlinError
    return [code, message, hint, place.at].filter(text => text !== undefined).join(' | ')
  }
  return 'planned'
}
