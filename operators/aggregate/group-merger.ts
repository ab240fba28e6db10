/** Merges runs of states, sorted by the hash of the key, into results, a bounded piece at a time. */
import { BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import type { Emit, RunMerger } from '../operator.ts'
import { stateNames } from './aggregate-plan.ts'
import type { Groups } from './groups.ts'
import { keyHashes } from './hash-order.ts'

interface Head {
  batch: Batch | null
  hashes: Uint32Array
  row: number
  ended: boolean
}

/**
 * Rows are taken by hash, then by run. Equal keys have equal hashes, so what was taken can be merged and given away
 * wherever the hash changes: memory holds one batch of each run and one batch of states.
 */
export class GroupMerger implements RunMerger {
  readonly #groups: Groups
  readonly #schema: Schema
  readonly #states: ReadonlySet<string>
  readonly #heads: readonly Head[]
  /** The run that is in memory comes last. */
  readonly #rest: Batch[]
  readonly #taken: BatchAppender
  #lastHash = -1
  #done = false

  constructor(options: {
    readonly runs: number
    readonly rest: Batch[]
    /** What every batch can be cast to. */
    readonly schema: Schema
    /** Empty groups, to merge in. */
    readonly groups: Groups
  }) {
    const { runs, rest, schema, groups } = options
    this.#groups = groups
    this.#schema = schema
    this.#states = new Set(groups.plan.aggregations.flatMap(stateNames))
    this.#heads = Array.from({ length: runs + 1 }, () => ({
      batch: null,
      hashes: new Uint32Array(0),
      row: 0,
      ended: false,
    }))
    this.#rest = rest
    this.#taken = new BatchAppender(schema)
  }

  feed(run: number, batch: Batch | null): void {
    const head = this.#heads[run]!
    head.row = 0
    head.batch = batch === null ? null : castBatch(batch, this.#schema)
    head.hashes =
      head.batch === null ? new Uint32Array(0) : keyHashes(head.batch, name => !this.#states.has(name))
    head.ended = batch === null
  }

  step(emit: Emit): number {
    while (!this.#done) {
      const needed = this.#heads.findIndex(head => !head.ended && head.row === head.hashes.length)
      if (needed === this.#heads.length - 1) this.feed(needed, this.#rest.shift() ?? null)
      else if (needed >= 0) return needed
      else this.#takeLeast(emit)
    }
    return -1
  }

  #takeLeast(emit: Emit): void {
    const run = this.#leastRun()
    if (run < 0) {
      this.#giveTaken(emit)
      this.#done = true
      return
    }
    const head = this.#heads[run]!
    const hash = head.hashes[head.row]!
    if (this.#taken.rows >= BATCH_ROWS && hash !== this.#lastHash) this.#giveTaken(emit)
    let end = head.row + 1
    while (end < head.hashes.length && head.hashes[end] === hash) end++
    this.#taken.appendRange(head.batch!, head.row, end)
    head.row = end
    this.#lastHash = hash
  }

  /** The run whose next row comes first; -1 where all are at their ends. */
  #leastRun(): number {
    let least = -1
    for (let run = 0; run < this.#heads.length; run++) {
      const head = this.#heads[run]!
      if (head.ended) continue
      if (least < 0 || head.hashes[head.row]! < this.#leastHash(least)) least = run
    }
    return least
  }

  #leastHash(run: number): number {
    const head = this.#heads[run]!
    return head.hashes[head.row]!
  }

  #giveTaken(emit: Emit): void {
    const states = this.#taken.build()
    if (states === null) return
    this.#groups.mergeStates(states)
    for (const batch of this.#groups.batches('results', this.#groups.inOrder())) emit(batch)
    this.#groups.clear()
  }
}
