/** Workers are killed, or stopped and let go on, while their driver lives: the job must end as if nothing had been. */
import { checkEnded, type KillCase, notePhase } from './kill-case.ts'
import { drawMoment, type Random, strikeAt } from './strike.ts'

/** A worker that is stopped goes on after at most so long. */
const STOPPED_MS = 1_000
/** Of so many that is longer than their task may take, and than their driver waits for its answer. */
const LONG = 0.3
const TASK_TIMEOUT_MS = 3_000
const LONG_MS = TASK_TIMEOUT_MS + 7_000

/** A worker process of the driver. */
export function killWorker(at: KillCase): Promise<void> {
  return strikeOne(at, pid => signal(pid, 'SIGKILL'))
}

/** Stopped for a while, or for longer than its task may take: then its driver must have ended it. */
export function stopWorker(at: KillCase): Promise<void> {
  const stoppedMs = at.random() < LONG ? LONG_MS : at.random() * STOPPED_MS
  return strikeOne({ ...at, timeoutMs: TASK_TIMEOUT_MS }, pid => {
    signal(pid, 'SIGSTOP')
    const goOn = () => signal(pid, 'SIGCONT')
    const timer = setTimeout(goOn, stoppedMs)
    return () => {
      clearTimeout(timer)
      goOn()
    }
  })
}

type Strike = (pid: number) => undefined | (() => void)

async function strikeOne(at: KillCase & { readonly timeoutMs?: number }, strike: Strike): Promise<void> {
  const { site, name, random, output, findings, timeoutMs } = at
  const driver = await site.driver()
  const moment = drawMoment(random, site.undisturbed(name).events)
  const workers = await driver.workers()
  let after: undefined | (() => void)
  let noted: Promise<unknown> = Promise.resolve()
  const limits = timeoutMs === undefined ? {} : { timeoutMs }
  const end = await strikeAt(driver, { verb: 'run', name, output, ...limits }, moment, () => {
    after = strike(one(workers, random))
    noted = notePhase(at)
    noted.catch(() => {})
  })
  await noted
  after?.()
  site.giveBack(driver)
  if (end?.state !== 'succeeded') findings.push(`the job did not succeed: ${end?.code} ${end?.message}`)
  if (at.phases.length === 0) await notePhase(at)
  await checkEnded(at)
}

const one = (workers: readonly number[], random: Random): number =>
  workers[Math.floor(random() * workers.length)]!

function signal(pid: number, name: NodeJS.Signals): undefined {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It has ended by itself, or was ended by its driver.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
