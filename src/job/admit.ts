/** Whether a task that has its turn may be launched, where the job may not cost more than so much. */
import { failJob } from './ending.ts'
import { memoryOf } from './launch.ts'
import { admission, costFailure, worstCaseOf } from './policies/cost-limit.ts'
import { manifestTimeoutMs } from './policies/manifest-time.ts'
import { MANIFEST } from './state.ts'
import type { ReadyTask, Step } from './step.ts'

/** Where it may not, it goes back to those that wait; the job ends if nothing in flight will make room. */
export function admit(step: Step, ready: ReadyTask): boolean {
  const { maxCost, spent, unanswered, dearest, backend } = step.state
  if (maxCost === undefined || backend.prices === undefined) return true
  const { stage } = step.stage(ready.position)
  const memoryMb = memoryOf(step, ready)
  const timeoutMs = timeoutOf(step, ready)
  const worst = worstCaseOf({ stage, memoryMb, timeoutMs, slices: slicesOf(step, ready) }, backend.prices)
  const decision = admission({ maxCost, spent, inFlight: unanswered, dearest }, worst)
  if (decision === 'launch') {
    step.update({ dearest: Math.max(dearest, worst) })
    return true
  }
  if (decision === 'end')
    failJob(step, costFailure({ maxCost, spent }, { stage, worst, memoryMb, timeoutMs }))
  else {
    const { position, task, isExtra } = ready
    step.pushReady({ position, from: task, to: task + 1, ...(isExtra ? { isExtra } : {}) })
    step.update({ isHeldByCost: true })
  }
  return false
}

function timeoutOf(step: Step, ready: ReadyTask): number {
  const { tasks, output, timeoutMs } = step.stage(ready.position).stage
  if (ready.task !== MANIFEST) return timeoutMs
  return manifestTimeoutMs({ tasks, partitions: output.kind === 'exchange' ? output.partitions : 1 })
}

/** Slices that the attempt reads at most; of a manifest, commits. */
function slicesOf(step: Step, { position, task }: ReadyTask): number {
  const { stage } = step.stage(position)
  if (task === MANIFEST) return stage.tasks
  let slices = 0
  for (const input of stage.inputs) {
    if (input.kind === 'exchange') slices += step.stage(step.positionOf(input.from)).stage.tasks
  }
  return slices
}
