/** What the parts of a divided join have in common, and what one of them is to the division that it is part of. */
import type { AsyncEmit, RunStore } from '../operator.ts'
import type { OutputLimits } from './join-output.ts'
import type { JoinPlan } from './join-plan.ts'
import type { JoinSchemas } from './join-schemas.ts'
import type { NumberedRows } from './numbered-rows.ts'
import type { PairList } from './prober.ts'

/** What all levels of one join share. */
export interface JoinWork {
  readonly plan: JoinPlan
  readonly schemas: JoinSchemas
  readonly runs: RunStore
  readonly pairs: PairList
}

export interface LevelOptions {
  readonly work: JoinWork
  /** 0 is the whole join; each division adds one. */
  readonly level: number
  /** Counted bytes that may be held. */
  readonly budgetBytes: number
  readonly limits: OutputLimits
  /** Built rows past the budget: all are `divided` by the hashes of keys, or those are a `tail`, read for every streamed row. */
  readonly overflow: 'divided' | 'tail'
  /** The hash of what may be the commonest key; null where nothing is known. */
  readonly hotHash: number | null
}

/**
 * All built rows, `endBuilt`, all streamed rows, `finish`, `unmatched`; `close` at the end, after an error too. Rows
 * with numbers give results with numbers.
 */
export interface LevelJoin {
  addBuilt(rows: NumberedRows): Promise<void>
  endBuilt(): Promise<void>
  /** Results may wait for `finish`. */
  push(rows: NumberedRows, emit: AsyncEmit): Promise<void>
  /** Gives what is left of the results that streamed rows are part of, in the order of those. */
  finish(emit: AsyncEmit): Promise<void>
  /** Gives the built rows that have matched nothing, in their order, where the join keeps them. */
  unmatched(emit: AsyncEmit): Promise<void>
  /** Removes what is left of its runs. Never throws. */
  close(): Promise<void>
}
