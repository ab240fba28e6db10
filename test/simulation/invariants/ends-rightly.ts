/** endsRightly: a job fails only for a reason that it need not survive, and what each driver says agrees with how it ended. */
import { isDeepStrictEqual } from 'node:util'
import { DunlinError, type Failure } from '../../../operators/index.ts'
import { RETRY_POLICY } from '../../../src/job/policies/retry.ts'
import { BUDGET_POLICY } from '../../../src/job/policies/retry-budget.ts'
import { factsOf } from '../fault-kinds.ts'
import { isCleaned, isCleaning, recordedEnds, type SimulationRun, toldEvents } from '../simulation-run.ts'
import type { Driver } from '../start-driver.ts'
import { lettersWentLate } from './letters-were-cleared.ts'

export function* endsRightly(run: SimulationRun): Generator<string> {
  const { drivers, end, endBeforeRetry, world } = run
  for (const one of [endBeforeRetry, end]) {
    if (one?.failure !== undefined && one.report.state === 'failed') yield* failsRightly(run, one.failure)
    const wasAsked = world.faults.injected.some(({ kind }) => kind.startsWith('cancelled'))
    if (one?.report.state === 'cancelled' && !wasAsked)
      yield 'the job was cancelled, and nobody had asked for it'
  }
  for (const error of run.cleaningErrors) yield* cleansRightly(run, error)
  if (end === null && drivers.length > 1) yield `${drivers.length} drivers could not end the job`
  if (
    endBeforeRetry !== null &&
    end?.report.state !== 'succeeded' &&
    !isCancelledAfterRetry(run) &&
    !(end?.failure !== undefined && lettersWentLate(run, end.failure)) &&
    !isRetryStopped(run)
  ) {
    yield `a retry, when all was calm, ended ${end?.report.state}: ${end?.failure?.code} ${end?.failure?.message}`
  }
  for (const driver of drivers) yield* saysTheTruth(run, driver)
}

/** Somebody who asks to cancel may come so late that a retry has begun. */
function isCancelledAfterRetry({ end, drivers }: SimulationRun): boolean {
  const verbs = drivers.map(({ verb }) => verb)
  return end?.report.state === 'cancelled' && verbs.lastIndexOf('cancel') > verbs.indexOf('retry')
}

/** Who cleans was quicker: there was nothing left to retry, or the lease was taken. */
const isRetryStopped = ({ world, end, endBeforeRetry }: SimulationRun): boolean =>
  isCleaning(world) && isDeepStrictEqual(end, endBeforeRetry)

function* failsRightly(run: SimulationRun, failure: Failure): Generator<string> {
  if (failure.code === 'INTERNAL') yield `the job failed by INTERNAL: ${failure.message}`
  if (isFatal(run, failure) || isUsedUp(run, failure) || lettersWentLate(run, failure)) return
  yield `the job failed though it should have survived: ${failure.code} ${failure.message} ${JSON.stringify(failure.place)}`
}

/** A fault that a job need not survive, which shows as this failure and struck where it says. */
function isFatal({ world }: SimulationRun, { code, place }: Failure): boolean {
  return world.faults.fatal.some(({ kind, stage, task }) => {
    if (!factsOf(kind).codes.includes(code)) return false
    return stage === undefined || (stage === place.stage && (task ?? undefined) === place.task)
  })
}

/** The task whose failure ended the job had failed as often as it may; or all tasks together had. */
function isUsedUp(run: SimulationRun, { code, place, retryable }: Failure): boolean {
  const { stage, task } = place
  const codes: string[] = []
  let ofJob = 0
  for (const event of toldEvents(run)) {
    if (event.type !== 'taskFailed' && event.type !== 'manifestFailed') continue
    if (event.failure.code !== 'THROTTLED') ofJob++
    const failed = event.type === 'taskFailed' ? event.task : undefined
    if (event.stage === stage && failed === task) codes.push(event.failure.code)
  }
  const { memorySizesMb } = run.fleet
  if (code === 'OUT_OF_MEMORY' && !retryable) {
    // Each size once, and the only one twice.
    const tries = Math.max(2, memorySizesMb.length)
    return codes.filter(one => one === code).length >= tries
  }
  if (!retryable) return false
  const throttled = codes.filter(one => one === 'THROTTLED').length
  if (code === 'THROTTLED') return throttled > RETRY_POLICY.throttleRetries
  return codes.length - throttled > RETRY_POLICY.retries || ofJob > BUDGET_POLICY.least
}

function* cleansRightly({ world }: SimulationRun, error: unknown): Generator<string> {
  const isStruck = world.faults.injected.some(({ process }) => process.startsWith('cleaner'))
  if (!isStruck || !(error instanceof DunlinError) || error.code === 'INTERNAL')
    yield `who cleaned failed by ${String(error)}`
}

function* saysTheTruth(run: SimulationRun, driver: Driver): Generator<string> {
  const { outcome, process, verb } = driver
  const { end, drivers } = run
  if (outcome === null) return
  if (outcome.state === 'succeeded') {
    if (verb !== 'cancel' && end?.report.state !== 'succeeded')
      yield `${process.name} says that the job succeeded`
    const { discardError } = outcome
    if (discardError === undefined) return
    if (!(discardError instanceof DunlinError)) yield `clearing away failed by ${String(discardError)}`
    else if (!hasStruck(run, process.name, discardError))
      yield `clearing away failed for no reason: ${discardError.message}`
    return
  }
  const { error } = outcome
  if (!(error instanceof DunlinError)) {
    yield `${process.name} failed by an error that is not ours: ${String(error)}`
    return
  }
  const isAnEnd = recordedEnds(run).some(
    one => one.failure?.code === error.code && one.failure.message === error.message,
  )
  if (isAnEnd) return
  // Other drivers are why it may not go on: one is alive, has taken over, or has ended the job.
  const others =
    (drivers.length > 1 || isCleaned(run.world)) && (error.code === 'LEASE' || isEndedError(error))
  if (others || hasStruck(run, process.name, error)) return
  yield `${process.name} (${verb}) failed for no reason: ${error.code} ${error.message}`
}

const isEndedError = ({ code, message }: DunlinError): boolean =>
  (code === 'INVALID_ARGUMENT' && /has ended|there is nothing to retry/.test(message)) || code === 'NOT_FOUND'

/** A fault of that process shows as this error: its store has failed it, is full, or has given it other bytes. */
const hasStruck = ({ world }: SimulationRun, process: string, { code }: DunlinError): boolean =>
  world.faults.injected.some(fault => fault.process === process && factsOf(fault.kind).codes.includes(code))
