/** A driver is stopped, its job is taken over when the lease has lapsed, and it wakes up meanwhile or afterwards. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { DriverEnd } from './driver-message.ts'
import type { DriverProcess } from './driver-process.ts'
import { checkEnded, type KillCase, notePhase } from './kill-case.ts'
import { drawMoment, strikeAt } from './strike.ts'
import { isTooLate } from './strike-driver.ts'

/** Of those stopped, so many wake up while another goes on with the job, within so long. */
const WAKES_EARLY = 0.4
const EARLY_MS = 2_500

export async function stopDriver(at: KillCase): Promise<void> {
  const { site, name, random, output, findings } = at
  const old = await site.driver()
  const stopped = Promise.withResolvers<'stopped'>()
  const moment = drawMoment(random, site.undisturbed(name).events)
  const oldEnd = strikeAt(old, { verb: 'run', name, output }, moment, () => {
    old.signal('SIGSTOP')
    stopped.resolve('stopped')
  })
  const first = await Promise.race([stopped.promise, oldEnd])
  const phase = await notePhase(at)
  if (first === 'stopped' && phase !== 'nothing recorded') {
    await takeOver(at, old, oldEnd)
  } else {
    old.signal('SIGCONT')
    const end = await oldEnd
    if (end?.state !== 'succeeded') findings.push(`nobody took it over, but: ${end?.code} ${end?.message}`)
  }
  await old.leave()
  await checkEnded(at)
}

async function takeOver(at: KillCase, old: DriverProcess, oldEnd: Promise<DriverEnd | null>): Promise<void> {
  const { site, random, output, findings } = at
  const job = (await site.jobId())!
  const next = await site.driver()
  const isEarly = random() < WAKES_EARLY
  const waking = isEarly ? sleep(random() * EARLY_MS).then(() => old.signal('SIGCONT')) : undefined
  const newEnd = await next.tell({ verb: 'resume', job })
  site.giveBack(next)
  const before = await site.outputFiles(output)
  await waking
  old.signal('SIGCONT')
  const end = await oldEnd
  if (!isRight(at, newEnd, end)) {
    findings.push(
      `stopped in ${at.phases.join()}, ${isEarly ? 'woken early' : 'woken late'}: the old driver ${text(end)}, the new one ${text(newEnd)}`,
    )
  }
  if (newEnd?.state === 'succeeded' && !isDeepStrictEqual(await site.outputFiles(output), before)) {
    findings.push('the old driver has changed the output')
  }
}

/** One of them has ended the job, and the other was told so. */
function isRight({ phases }: KillCase, newEnd: DriverEnd | null, oldEnd: DriverEnd | null): boolean {
  if (newEnd?.state === 'succeeded') return oldEnd?.code === 'LEASE'
  // It woke up before the lease had lapsed, or its end was recorded already.
  const isLate = newEnd !== null && (newEnd.code === 'LEASE' || isTooLate(newEnd))
  return oldEnd?.state === 'succeeded' && (isLate || phases.at(-1) === 'ended')
}

const text = (end: DriverEnd | null): string =>
  end === null ? 'has gone' : end.state === 'succeeded' ? 'succeeded' : `${end.code}: ${end.message}`
