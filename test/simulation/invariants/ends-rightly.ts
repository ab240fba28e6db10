/** endsRightly: a job fails only for a reason that it need not survive, and by a typed error. */
import { DunlinError } from '../../../operators/index.ts'
import { RETRY_POLICY } from '../../../src/scheduler/policies/retry.ts'
import { EXPECTED } from '../expectations.ts'
import type { SimulationRun } from '../simulation-run.ts'

export function* endsRightly(run: SimulationRun): Generator<string> {
  const { driver, world } = run
  const { outcome } = driver
  if (outcome === null) return
  if (outcome.state === 'succeeded') {
    const { discardError } = outcome
    if (discardError === undefined) return
    if (!(discardError instanceof DunlinError)) yield `clearing away failed by ${String(discardError)}`
    else if (world.faults.fatal.length === 0)
      yield `clearing away failed for no reason: ${discardError.message}`
    return
  }
  const { error } = outcome
  if (!(error instanceof DunlinError)) {
    yield `the job failed by an error that is not ours: ${error instanceof Error ? error.stack : String(error)}`
    return
  }
  if (error.code === 'INTERNAL' && (EXPECTED.manifestIsChecked || !isDamaged(run)))
    yield `the job failed by INTERNAL: ${error.message}\n${error.stack}`
  if (!isExcused(run, error)) {
    yield `the job failed though it should have survived: ${error.code} ${error.message} ${JSON.stringify(error.place)}`
  }
}

const isDamaged = ({ world }: SimulationRun): boolean =>
  world.faults.injected.some(({ kind }) => kind === 'truncatedBody')

function isExcused(run: SimulationRun, error: DunlinError): boolean {
  if (run.world.faults.fatal.length > 0) return true
  return error.retryable && isUsedUp(run, error)
}

/** The task whose failure ended the job had failed as often as it may. */
function isUsedUp({ driver }: SimulationRun, error: DunlinError): boolean {
  const { stage, task } = error.place
  const failures = driver.events.filter(
    event =>
      (event.type === 'taskFailed' && event.stage === stage && event.task === task) ||
      (event.type === 'manifestFailed' && event.stage === stage && task === undefined),
  )
  const codes = failures.map(event => ('failure' in event ? event.failure?.code : undefined))
  const throttled = codes.filter(code => code === 'THROTTLED').length
  return error.code === 'THROTTLED'
    ? throttled > RETRY_POLICY.throttleRetries
    : codes.length - throttled > RETRY_POLICY.retries
}
