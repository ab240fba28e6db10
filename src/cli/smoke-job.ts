/** smoke: two small jobs on an engine, their results checked, as evidence of what has run where. */
import { DunlinError } from '../../operators/index.ts'
import type { Engine } from '../engine/engine.ts'
import { engineVersion } from '../engine/engine-version.ts'
import type { JobEvent, JobReport } from '../events/job-event.ts'
import { foldReport } from '../events/report.ts'
import { from, range } from '../index.ts'

/** What is written down. */
export interface Smoke {
  /** When it ended, in UTC. */
  readonly at: string
  readonly versions: { readonly dunlin: string; readonly node: string }
  readonly engine: string
  /** Root URI of the store that the jobs kept their data in. */
  readonly store: string
  /** Of the workers of both jobs. */
  readonly requests: { readonly gets: number; readonly puts: number }
  readonly jobs: readonly SmokeJob[]
}

export interface SmokeJob {
  readonly what: string
  readonly rows: number
  readonly report: Omit<JobReport, 'fingerprint' | 'outputs'>
}

const LINES = ['the dunlin is a small wader', 'its flocks fly in waves', 'the waves of small flocks']
const COUNTS = {
  the: 2,
  small: 2,
  flocks: 2,
  waves: 2,
  dunlin: 1,
  is: 1,
  a: 1,
  wader: 1,
  its: 1,
  fly: 1,
  in: 1,
  of: 1,
}
const NUMBERS = 40_000
const TASKS = 4
/** It has no divisor in common with their number, so that each comes once. */
const STRIDE = 7_919

/**
 * A word count, whose function is shipped, and a sort of numbers in several tasks.
 *
 * @throws ROWS_NOT_CONSERVED where a result is not the known one; and what the engine says
 */
export async function smoke(engine: Engine, signal?: AbortSignal): Promise<Smoke> {
  const options = { engine, ...(signal === undefined ? {} : { signal }) }
  const words = await watched('a word count', onEvent =>
    from(LINES)
      .flatMap(line => line.split(' '))
      .valueCounts()
      .collect({ ...options, onEvent, name: 'smoke-words' }),
  )
  const found = Object.fromEntries(words.rows.map(({ value, count }) => [value, count]))
  for (const [word, count] of Object.entries(COUNTS)) {
    if (found[word] !== count || words.rows.length !== Object.keys(COUNTS).length)
      throw wrong(words.job.what, `${JSON.stringify(found)}, not ${JSON.stringify(COUNTS)}`)
  }
  const [numbers, stride] = [NUMBERS, STRIDE]
  const sorted = await watched('a sort that moves rows between tasks', onEvent =>
    range(NUMBERS, { splitRows: NUMBERS / TASKS })
      .map(n => ({ n: (n * stride) % numbers }))
      .sortBy('n')
      .with({ partitions: TASKS })
      .collect({ ...options, onEvent, name: 'smoke-sort' }),
  )
  const at = sorted.rows.findIndex(({ n }, i) => n !== i)
  if (sorted.rows.length !== NUMBERS || at !== -1)
    throw wrong(
      sorted.job.what,
      `${sorted.rows.length} rows, of which ${at} is the first that is out of place`,
    )
  const jobs = [words.job, sorted.job]
  const sum = (kind: 'gets' | 'puts'): number =>
    jobs.reduce((all, { report }) => all + report.requests[kind], 0)
  return {
    at: new Date(engine.clock.now()).toISOString(),
    versions: { dunlin: engineVersion, node: process.versions.node },
    engine: engine.name,
    store: engine.store.uri,
    requests: { gets: sum('gets'), puts: sum('puts') },
    jobs,
  }
}

async function watched<T>(
  what: string,
  collect: (onEvent: (event: JobEvent) => void) => Promise<T[]>,
): Promise<{ readonly rows: T[]; readonly job: SmokeJob }> {
  const events: JobEvent[] = []
  const rows = await collect(event => void events.push(event))
  const { fingerprint: _, outputs: __, ...report } = foldReport(events, { fingerprint: '', outputs: [] })
  return { rows, job: { what, rows: rows.length, report } }
}

function wrong(what: string, found: string): DunlinError {
  return new DunlinError('ROWS_NOT_CONSERVED', `${what} gave ${found}`, {
    hint: 'Tell the authors of dunlin, with the journal of the job: `dunlin jobs show`.',
  })
}
