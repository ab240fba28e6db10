/** JoinOutput: gathers the rows of a join's result and gives them as batches of bounded size. */
import type { Batch, Column } from '../batch/batch.ts'
import { castBatch, nullColumn } from '../batch/cast.ts'
import type { ColumnGatherer } from '../batch/column-gatherer.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { gathererOf } from '../batch/gatherer-factory.ts'
import { grown } from '../batch/growing.ts'
import { sameType } from '../batch/schema.ts'
import type { AsyncEmit } from '../operator.ts'
import { withSequence } from '../spill/sequence.ts'
import { type JoinPlan, LEFT, type Side } from './join-plan.ts'
import type { JoinLayout } from './join-schemas.ts'
import { addRowBytes, fixedRowBytes } from './row-bytes.ts'

/** A batch ends with the row that reaches one of these. */
export interface OutputLimits {
  readonly rows: number
  readonly bytes: number
}

/** Of each column of the result its source in a batch; null where it has none there. */
type Sources = readonly (Column | null)[]

/**
 * Rows are pairs of row numbers, of the streamed batch and of the built one, which are set before. Numbers of the rows
 * are passed on where the batches have them.
 */
export class JoinOutput {
  readonly #plan: JoinPlan
  readonly #limits: OutputLimits
  #emit: AsyncEmit = () => undefined
  #layout: JoinLayout = { schema: { shape: 'object', fields: [] }, columns: [] }
  #gatherers: readonly ColumnGatherer[] = []
  #streamed: Sources = []
  #streamedRows = 0
  #builtBatch: Batch | null = null
  #built: Sources = []
  #padded: Sources = []
  #nullRow = -1
  #numbers: Float64Array | null = null
  #sequence = new Float64Array(0)
  #rows = 0
  #bytes = 0
  #sizes = new Float64Array(0)

  constructor(plan: JoinPlan, limits: OutputLimits) {
    this.#plan = plan
    this.#limits = limits
  }

  /** Where batches go from now on. */
  to(emit: AsyncEmit): void {
    this.#emit = emit
  }

  /** What the result has from now on. Nothing may be waiting for `flush`. */
  use(layout: JoinLayout): void {
    if (layout === this.#layout) return
    this.#layout = layout
    this.#builtBatch = null
    this.#gatherers = layout.columns.map(({ type }) => gathererOf(type))
  }

  /** @param sequence the rows' numbers, where the result is to have numbers */
  setStreamed(batch: Batch, sequence: Float64Array | null): void {
    this.#streamed = this.#sourcesOf(batch, this.#plan.streamed)
    this.#streamedRows = batch.length
    this.#numbers = sequence
  }

  /** @param padded the same with a row of nulls after the last, where pairs may ask for it */
  setBuilt(batch: Batch, padded: Batch | null): void {
    if (batch === this.#builtBatch) return
    this.#builtBatch = batch
    this.#built = this.#sourcesOf(batch, this.#plan.built)
    this.#padded = padded === null ? this.#built : this.#sourcesOf(padded, this.#plan.built)
    this.#nullRow = padded === null ? -1 : batch.length
  }

  /** Adds the rows `streamed[i]`, each with `built[i]`. */
  async addPairs(streamed: Int32Array, built: Int32Array, length: number): Promise<void> {
    const others = this.#builtFor(built, length)
    const sizes = this.#sizesOf(length, streamed, others, built)
    for (let from = 0; from < length; ) {
      const to = this.#room(sizes, from, length)
      const share = this.#rows === 0 && to - from === length && this.#isWhole(streamed, length)
      const shared: (Column | null)[] = []
      this.#number(streamed, from, to)
      for (let c = 0; c < this.#gatherers.length; c++) {
        const gatherer = this.#gatherers[c]!
        const a = this.#streamed[c] ?? null
        const b = others[c] ?? null
        const alone = a !== null && (b === null || this.#plan.streamed === LEFT)
        shared.push(share && alone ? a : null)
        if (a === null) gatherer.append(b!, built, from, to)
        else if (!alone) this.#appendEither(gatherer, { a, b: b! }, { streamed, built }, from, to)
        else if (!share) gatherer.append(a, streamed, from, to)
      }
      from = to
      if (share) await this.#give(shared)
      else if (this.#full) await this.flush()
    }
  }

  /** Adds rows of the streamed side alone. */
  addStreamed(rows: Int32Array, length: number): Promise<void> {
    return this.addPairs(rows, rows, length)
  }

  /** Adds rows of the built side that match nothing. */
  async addBuilt(rows: Int32Array, length: number, sequence: Float64Array | null): Promise<void> {
    this.#numbers = sequence
    this.#streamed = []
    const sizes = this.#sizesOf(length, rows, this.#built, rows)
    for (let from = 0; from < length; ) {
      const to = this.#room(sizes, from, length)
      this.#number(rows, from, to)
      this.#gatherers.forEach((gatherer, c) => {
        const source = this.#built[c] ?? null
        if (source !== null) gatherer.append(source, rows, from, to)
        else gatherer.appendRange(nullColumn(this.#layout.columns[c]!.type, to - from), 0, to - from)
      })
      from = to
      if (this.#full) await this.flush()
    }
  }

  /** Gives what has been gathered. */
  async flush(): Promise<void> {
    if (this.#rows > 0) await this.#give([])
  }

  get #full(): boolean {
    return this.#rows >= this.#limits.rows || this.#bytes >= this.#limits.bytes
  }

  /** @param shared columns that are given as they are instead of the gathered ones */
  async #give(shared: Sources): Promise<void> {
    const columns = this.#gatherers.map((gatherer, c) => shared[c] ?? gatherer.take())
    const batch = { schema: this.#layout.schema, length: this.#rows, columns }
    const sequence = this.#sequence.subarray(0, this.#rows)
    this.#rows = 0
    this.#bytes = 0
    if (this.#numbers === null) return this.#emit(batch)
    this.#sequence = new Float64Array(0)
    await this.#emit(withSequence(batch, sequence))
  }

  /** All rows of the streamed batch in their order: what it gives to the result can be shared. */
  #isWhole(rows: Int32Array, length: number): boolean {
    if (length !== this.#streamedRows) return false
    for (let i = 0; i < length; i++) if (rows[i] !== i) return false
    return true
  }

  /** With the row of nulls only where it is asked for: columns without nulls are gathered faster. */
  #builtFor(rows: Int32Array, length: number): Sources {
    const nullRow = this.#nullRow
    if (nullRow < 0) return this.#built
    for (let i = 0; i < length; i++) if (rows[i] === nullRow) return this.#padded
    return this.#built
  }

  /** The built row's value where there is such a row, else the streamed row's, in ranges that are alike. */
  #appendEither(
    gatherer: ColumnGatherer,
    columns: { readonly a: Column; readonly b: Column },
    rows: { readonly streamed: Int32Array; readonly built: Int32Array },
    from: number,
    to: number,
  ): void {
    const { streamed, built } = rows
    const nullRow = this.#nullRow
    while (from < to) {
      const none = built[from] === nullRow
      let end = from + 1
      while (end < to && (built[end] === nullRow) === none) end++
      if (none) gatherer.append(columns.a, streamed, from, end)
      else gatherer.append(columns.b, built, from, end)
      from = end
    }
  }

  /** Counts in as many rows as the batch has room for, at least one; gives the end of them. */
  #room(sizes: Float64Array, from: number, length: number): number {
    const { rows, bytes } = this.#limits
    const last = Math.min(length, from + rows - this.#rows)
    let sum = this.#bytes
    let to = from
    do sum += sizes[to++]!
    while (to < last && sum < bytes)
    this.#bytes = sum
    return to
  }

  #number(rows: Int32Array, from: number, to: number): void {
    const numbers = this.#numbers
    if (numbers !== null) {
      const sequence = (this.#sequence = grown(this.#sequence, this.#rows + to - from))
      const at = this.#rows - from
      for (let i = from; i < to; i++) sequence[at + i] = numbers[rows[i]!]!
    }
    this.#rows += to - from
  }

  /** Bytes of each row to come. */
  #sizesOf(length: number, streamed: Int32Array, others: Sources, built: Int32Array): Float64Array {
    if (this.#sizes.length < length) this.#sizes = new Float64Array(length)
    const sizes = this.#sizes
    let fixed = 0
    const varying: (readonly [Column, Int32Array])[] = []
    this.#layout.columns.forEach(({ type }, c) => {
      const a = this.#streamed[c] ?? null
      const b = others[c] ?? null
      const bytes = fixedRowBytes(type)
      if (bytes !== null) fixed += bytes
      // Where both sides have the value it is the same.
      else if (a !== null) varying.push([a, streamed])
      else if (b !== null) varying.push([b, built])
    })
    sizes.fill(fixed, 0, length)
    for (const [column, rows] of varying) addRowBytes(column, rows, length, sizes)
    return sizes
  }

  #sourcesOf(batch: Batch, side: Side): Sources {
    return this.#layout.columns.map(({ type, from }) => {
      const index = from[side]
      return index < 0 ? null : castColumn(batch.columns[index]!, type)
    })
  }
}

/** A column under a wider type. */
function castColumn(column: Column, type: ColumnType): Column {
  if (sameType(column.type, type)) return column
  const { length } = column
  const from = { shape: 'object', fields: [{ name: 'key', type: column.type }] } as const
  const to = { shape: 'object', fields: [{ name: 'key', type }] } as const
  return castBatch({ schema: from, length, columns: [column] }, to).columns[0]!
}
