/** A driver is killed, and those that resume its job are killed too, until one of them ends it. */
import type { DriverEnd } from './driver-message.ts'
import { checkClean, checkEnded, type KillCase, notePhase } from './kill-case.ts'
import { drawMoment, strikeAt } from './strike.ts'

/** Of those that resume, so many are killed too, and of one job at most so often. */
const KILLED_AGAIN = 0.4
const KILLS_AT_MOST = 3

export async function strikeDriver(at: KillCase): Promise<void> {
  const { site, name, random, output, findings } = at
  const { events } = site.undisturbed(name)
  const first = await site.driver()
  const moment = drawMoment(random, events)
  const end = await strikeAt(first, { verb: 'run', name, output }, moment, () => first.signal('SIGKILL'))
  if (end !== null) {
    // The job was quicker than the strike.
    site.giveBack(first)
    if (end.state !== 'succeeded') findings.push(`failed before the strike: ${end.message}`)
    await notePhase(at)
    return checkEnded(at)
  }
  await first.gone
  const phase = await notePhase(at)
  if (phase === 'nothing recorded') {
    if ((await site.files(output)).length > 0) findings.push('an output without a job')
    return checkClean(at)
  }
  const job = (await site.jobId())!
  for (let kills = 1; ; ) {
    const next = await site.driver()
    const isKilled = kills < KILLS_AT_MOST && random() < KILLED_AGAIN
    const again = drawMoment(random, 1 + Math.ceil(random() * events))
    const resumed = isKilled
      ? await strikeAt(next, { verb: 'resume', job }, again, () => next.signal('SIGKILL'))
      : await next.tell({ verb: 'resume', job })
    if (resumed !== null) {
      site.giveBack(next)
      if (!hasEnded(resumed) && !(at.phases.at(-1) === 'ended' && isTooLate(resumed)))
        findings.push(`resumed after ${at.phases.join(', ')}: ${resumed.code} ${resumed.message}`)
      break
    }
    await next.gone
    kills++
    await notePhase(at)
  }
  await checkEnded(at)
}

const hasEnded = (end: DriverEnd): boolean => end.state === 'succeeded'

/** The end was recorded before the strike: there is nothing to resume. */
export const isTooLate = (end: DriverEnd): boolean =>
  end.code === 'INVALID_ARGUMENT' && end.message?.endsWith('has ended: it succeeded') === true
