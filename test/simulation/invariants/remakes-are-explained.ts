/** remakesAreExplained: what was committed is made again only where a disk has lost it, or answers were wrong. */
import type { JobEvent } from '../../../src/events/job-event.ts'
import type { FaultKind } from '../fault-kinds.ts'
import type { Struck } from '../fault-plan.ts'
import { isDiscarded } from '../object-space.ts'
import { type SimulationRun, toldEvents } from '../simulation-run.ts'
import { EARLIER_JOB } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'
import { lettersWereCleared } from './letters-were-cleared.ts'

const OF_TASKS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'dataDamaged',
  'commitDamaged',
  'earlierDamaged',
])
const WRONG: ReadonlySet<FaultKind> = new Set<FaultKind>(['wrongBytes', 'truncatedBody'])
/** By which an attempt must take it that what it reads is damaged: slices and commits are asked for once more. */
const WRONG_ANSWERS = { task: 2, manifest: 1 } as const

type Remade = Extract<JobEvent, { readonly type: 'taskRemade' | 'manifestRemade' }>

export function* remakesAreExplained(run: SimulationRun): Generator<string> {
  const { injected } = run.world.faults
  const damaged = {
    task: injected.filter(({ kind }) => OF_TASKS.has(kind)).length,
    manifest: injected.filter(({ kind }) => kind === 'manifestDamaged').length,
  }
  // A driver that was overtaken finds that the data is gone, and can decide nothing any more.
  const gone = run.world.space(ENGINE_URI).changes.find(isDiscarded)
  const isEarlierCleaned = injected.some(({ kind }) => kind === 'earlierCleaned')
  const decided = new Set<string>()
  for (const event of toldEvents(run)) {
    if (event.time >= (gone?.atMs ?? Number.POSITIVE_INFINITY)) continue
    // Without a failure: it was made from rows that have changed, or a retry asks for it.
    if (event.type !== 'taskRemade' && event.type !== 'manifestRemade') continue
    const what = event.type === 'taskRemade' ? 'task' : 'manifest'
    // A later driver decides again what an earlier one could not put into the journal any more.
    const anew = decisions(event).filter(decision => !decided.has(decision))
    for (const decision of anew) decided.add(decision)
    if (event.failure === undefined || wrongAnswers(run, event.failure.place) >= WRONG_ANSWERS[what]) continue
    if (lettersWereCleared(run, event.failure)) continue
    // Somebody removes the earlier job while this one uses it.
    if (isEarlierCleaned && event.failure.lost?.job === EARLIER_JOB) continue
    damaged[what] -= anew.length
    if (anew.length === 0 || damaged[what] >= 0) continue
    yield `a ${what} of stage ${event.stage} is made again for no reason: ${event.failure.code} ${event.failure.message}`
  }
}

/** What is made again, and as which generation: by each task, or of the manifest. */
function decisions(event: Remade): string[] {
  const of = (what: number | string, generation: number): string => `${event.stage}/${what}.${generation}`
  if (event.type === 'manifestRemade') return [of('manifest', event.generation)]
  const others = Object.entries(event.others ?? {}).map(([task, generation]) => of(task, generation))
  return [of(event.task ?? 'all', event.generation), ...others]
}

function wrongAnswers({ world }: SimulationRun, { stage, task, attempt }: Omit<Struck, 'process'>): number {
  let wrong = 0
  for (const fault of world.faults.injected) {
    if (!WRONG.has(fault.kind) || fault.stage !== stage || fault.attempt !== attempt) continue
    if ((fault.task ?? undefined) !== (task ?? undefined)) continue
    // What has been found intact, and is damaged when it is read to be decoded, is not asked for again.
    wrong += fault.request === 'stream' ? WRONG_ANSWERS.task : 1
  }
  return wrong
}
