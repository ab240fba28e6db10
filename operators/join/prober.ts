/** Prober: takes streamed rows past the built ones, which are in a table, and behind it, where not all fit, in a run. */
import { BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import { bitAt, bitBytes } from '../batch/growing.ts'
import type { Run } from '../operator.ts'
import type { BuiltRows } from './build-rows.ts'
import { type Keys, keyColumns, keysOf } from './join-keys.ts'
import type { JoinOutput } from './join-output.ts'
import type { JoinPlan } from './join-plan.ts'
import { JoinTable } from './join-table.ts'
import { equalRows, type RowsEqual } from './key-equality.ts'
import { unnumbered } from './numbered-rows.ts'

/** Pairs of row numbers, made once for all that probe one after another. */
export class PairList {
  readonly streamed = new Int32Array(BATCH_ROWS)
  readonly built = new Int32Array(BATCH_ROWS)
}

export interface ProberOptions {
  readonly plan: JoinPlan
  /** Null where there are no rows at all, and none were ever seen. */
  readonly built: BuiltRows | null
  /** Built rows that come after those; read once for every streamed row. */
  readonly tail: Run | null
  readonly output: JoinOutput
  readonly pairs: PairList
}

const EMPTY: Batch = { schema: { shape: 'object', fields: [] }, length: 0, columns: [] }

export class Prober {
  readonly #plan: JoinPlan
  readonly #built: BuiltRows
  readonly #tail: Run | null
  readonly #output: JoinOutput
  readonly #pairs: PairList
  readonly #table: JoinTable
  /** Bits of built rows that have matched: of the table only the first row of a key, of the tail each. */
  readonly #matched: Uint8Array
  readonly #tailMatched: Uint8Array
  /** Where the walk through the pairs of a batch stands. */
  #row = 0
  #next = -1

  constructor(options: ProberOptions) {
    const { plan, tail, built } = options
    this.#plan = plan
    this.#built = built ?? { batch: EMPTY, padded: EMPTY, sequence: null }
    this.#tail = tail
    this.#output = options.output
    this.#pairs = options.pairs
    this.#table = new JoinTable(keysOf(this.#built.batch, plan, plan.built), plan)
    this.#matched = new Uint8Array(plan.keepBuilt ? bitBytes(this.#built.batch.length) : 0)
    this.#tailMatched = new Uint8Array(plan.keepBuilt ? bitBytes(tail?.rows ?? 0) : 0)
  }

  /** @param batch of the streamed side's schema */
  async push(batch: Batch, sequence: Float64Array | null): Promise<void> {
    const keys = keysOf(batch, this.#plan, this.#plan.streamed)
    const found = this.#table.find(keys)
    this.#output.setStreamed(batch, sequence)
    if (this.#tail !== null) await this.#pushPastTail(keys, this.#tail, found)
    else if (this.#plan.result === 'pairs') await this.#pushPairsOf(found, 0, found.length)
    else await this.#pushExisting(found)
  }

  /** Gives the built rows that have matched nothing, after the last push. */
  async unmatched(): Promise<void> {
    const { batch, sequence } = this.#built
    const { next } = this.#table
    const matched = this.#matched
    // A chain goes from earlier rows to later ones, so what is true of the first reaches all in one go.
    for (let row = 0; row < batch.length; row++) {
      const after = next[row]!
      if (after >= 0 && bitAt(matched, row)) setBit(matched, after)
    }
    await this.#giveUnmatched({ batch, sequence }, matched, 0)
    if (this.#tail === null) return
    let before = 0
    for await (const read of this.#tail.batches()) {
      const piece = this.#pieceOf(read)
      await this.#giveUnmatched(piece, this.#tailMatched, before)
      before += piece.batch.length
    }
  }

  /** Pairs of the streamed rows `from … to - 1` with those of the table. */
  async #pushPairsOf(found: Int32Array, from: number, to: number): Promise<void> {
    const { streamed, built } = this.#pairs
    this.#output.setBuilt(this.#built.batch, this.#built.padded)
    this.#row = from
    this.#next = -1
    while (this.#row < to) {
      const length = this.#fill(found, to)
      if (length > 0) await this.#output.addPairs(streamed, built, length)
    }
  }

  /** Writes the next pairs into the list, until it is full or there are no more. */
  #fill(found: Int32Array, to: number): number {
    const { streamed, built } = this.#pairs
    const { next } = this.#table
    const { keepStreamed, keepBuilt } = this.#plan
    const nullRow = this.#built.batch.length
    let length = 0
    let row = this.#row
    let at = this.#next
    while (row < to && length < BATCH_ROWS) {
      if (at < 0) {
        at = found[row]!
        if (at >= 0) {
          if (keepBuilt) setBit(this.#matched, at)
        } else if (keepStreamed) at = nullRow
        else {
          row++
          continue
        }
      }
      streamed[length] = row
      built[length++] = at
      at = next[at]!
      if (at < 0) row++
    }
    this.#row = row
    this.#next = at
    return length
  }

  async #pushExisting(found: Int32Array): Promise<void> {
    const rows = new Int32Array(found.length)
    let length = 0
    const wanted = this.#plan.result === 'matched'
    for (let row = 0; row < found.length; row++) if (found[row]! >= 0 === wanted) rows[length++] = row
    if (length > 0) await this.#output.addStreamed(rows, length)
  }

  /** Row by row: its matches in the table, then those in the tail, which is the order of the built side. */
  async #pushPastTail(keys: Keys, tail: Run, found: Int32Array): Promise<void> {
    if (this.#plan.result !== 'pairs') {
      for (let row = 0; row < found.length; row++) {
        if (found[row]! < 0 && (await this.#isInTail(tail, keys, row))) found[row] = 0
      }
      return this.#pushExisting(found)
    }
    const keepStreamed = this.#plan.keepStreamed
    for (let row = 0; row < found.length; row++) {
      const inTable = found[row]! >= 0
      if (inTable) await this.#pushPairsOf(found, row, row + 1)
      if (keys.keyless !== null && keys.keyless[row] === 1) continue
      const inTail = await this.#pushTailPairsOf(keys, row, tail)
      if (!inTable && !inTail && keepStreamed) await this.#pushPairsOf(found, row, row + 1)
    }
  }

  async #isInTail(tail: Run, keys: Keys, row: number): Promise<boolean> {
    if (keys.keyless !== null && keys.keyless[row] === 1) return false
    for await (const read of tail.batches()) {
      const { batch } = this.#pieceOf(read)
      const equal = this.#equalTo(batch, keys)
      for (let at = 0; at < batch.length; at++) if (equal(at, row)) return true
    }
    return false
  }

  /** Whether there were any. */
  async #pushTailPairsOf(keys: Keys, row: number, tail: Run): Promise<boolean> {
    const { streamed, built } = this.#pairs
    let any = false
    let before = 0
    for await (const read of tail.batches()) {
      const { batch } = this.#pieceOf(read)
      const equal = this.#equalTo(batch, keys)
      this.#output.setBuilt(batch, null)
      for (let at = 0; at < batch.length; ) {
        let length = 0
        for (; at < batch.length && length < BATCH_ROWS; at++) {
          if (!equal(at, row)) continue
          if (this.#plan.keepBuilt) setBit(this.#tailMatched, before + at)
          streamed[length] = row
          built[length++] = at
        }
        if (length > 0) await this.#output.addPairs(streamed, built, length)
        any ||= length > 0
      }
      before += batch.length
    }
    return any
  }

  #equalTo(batch: Batch, keys: Keys): RowsEqual {
    return equalRows(keyColumns(batch, this.#plan, this.#plan.built), keys)
  }

  /** A piece of the tail: its rows as those of the table are, and their numbers. */
  #pieceOf(read: Batch): { readonly batch: Batch; readonly sequence: Float64Array | null } {
    const { batch, sequence } = unnumbered(read)
    return { batch: castBatch(batch, this.#built.batch.schema), sequence }
  }

  async #giveUnmatched(
    { batch, sequence }: { readonly batch: Batch; readonly sequence: Float64Array | null },
    matched: Uint8Array,
    before: number,
  ): Promise<void> {
    const rows = new Int32Array(batch.length)
    let length = 0
    for (let row = 0; row < batch.length; row++) if (!bitAt(matched, before + row)) rows[length++] = row
    this.#output.setBuilt(batch, null)
    if (length > 0) await this.#output.addBuilt(rows, length, sequence)
  }
}

function setBit(bits: Uint8Array, row: number): void {
  bits[row >> 3]! |= 1 << (row & 7)
}
