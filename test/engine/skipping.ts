/** Steps that fail on some records, the same on plain arrays, and what is read back of jobs that skip those. */
import { DunlinError, read } from 'dunlin'
import type { DeadLetter } from '../../src/task/letter-box.ts'
import type { Workplace } from './workplace.ts'

export interface Row {
  readonly n: number
}

export const SCHEMA = { n: 'float64' } as const

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
/** Two kinds of bad lines among good ones. */
export const lineOf = (i: number): string =>
  i % 41 === 7 ? '{"n":' : i % 53 === 8 ? '{"n":"x"}' : `{"n":${i}}`
export const isGood = (line: string): boolean => /^\{"n":\d+\}$/.test(line)

/** Fails on every ninth. */
export function check({ n }: { readonly n: number | null }): Row {
  if (n === null || n % 9 === 4) throw new Error(`nine ${n}`)
  return { n }
}

/** Gives each number and its opposite; fails midway on every seventh. */
function* both({ n }: Row): Generator<Row> {
  yield { n }
  if (n % 7 === 3) throw new RangeError(`seven ${n}`)
  yield { n: -n }
}

/** Fails, late, on every eleventh. */
async function later({ n }: Row): Promise<Row> {
  await new Promise(resolve => setTimeout(resolve, Math.random() * 3))
  if (Math.abs(n) % 11 === 5) throw new Error(`eleven ${n}`)
  return { n }
}

/** Fails on every thirteenth. */
export function third({ n }: Row): number {
  if (Math.abs(n) % 13 === 6) throw new Error(`thirteen ${n}`)
  return Math.abs(n) % 3
}

/** Lines of `{ n }`, through all steps but `third`. */
export const steps = (name: string, splitBytes: number) =>
  read.jsonl(name, { schema: SCHEMA, splitBytes }).map(check).flatMap(both).map(later)

/** What `steps` gives of lines, and the text of what each step failed on. */
export function onArray(lines: readonly string[]): { readonly rows: Row[]; readonly bad: string[] } {
  const bad: string[] = []
  const rows: Row[] = []
  for (const line of lines) {
    const n = isGood(line) ? (JSON.parse(line) as Row).n : null
    if (n === null || n % 9 === 4 || n % 7 === 3) bad.push(line)
    else
      for (const one of [n, -n]) {
        if (Math.abs(one) % 11 === 5) bad.push(JSON.stringify({ n: one }))
        else rows.push({ n: one })
      }
  }
  return { rows, bad }
}

export const linesOf = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T)

export const lettersIn = async (place: Workplace, name: string): Promise<DeadLetter[]> =>
  linesOf(await place.output(name))

export async function errorOf(job: Promise<unknown>): Promise<DunlinError> {
  const error = await job.then(
    value => new Error(`it did not fail, but gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (error instanceof DunlinError) return error
  throw error
}
