/** One key of a grouping: its values as dense codes, from records and from columns, and back as a column. */
import type { Column } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { columnReader, int64Numbers } from '../batch/column-value.ts'
import { bitAt } from '../batch/growing.ts'
import { gather, type Values } from './gather.ts'
import { KeyTable, KIND } from './key-table.ts'
import { FLOAT64, NULL_TYPE, refuseValue, unifiedType, valueColumn } from './one-column.ts'

/** The column types that JavaScript values of these kinds ask for; a list or object says its own. */
const TYPE_OF_KIND: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  [KIND.boolean, { kind: 'boolean' }],
  [KIND.number, FLOAT64],
  [KIND.int64, { kind: 'int64', as: 'bigint' }],
  [KIND.timestamp, { kind: 'timestamp' }],
  [KIND.utf8, { kind: 'utf8' }],
  [KIND.binary, { kind: 'binary' }],
])

export class KeyColumn implements Values {
  readonly name: string
  readonly #operator: string
  readonly #table: KeyTable
  /** Over everything seen, also before `clear`. */
  #type: ColumnType = NULL_TYPE
  /** The kinds that `#type` knows of. */
  #kinds = KIND.null as number
  /** While codes are made from a column, which has said its type. */
  #ofColumn = false

  constructor(operator: string, name: string) {
    this.#operator = operator
    this.name = name
    const inferred = new BatchBuilder({ operator })
    this.#table = new KeyTable({
      refuse: value => refuseValue(operator, name, value),
      newNested: value => {
        if (!this.#ofColumn) this.#unify(valueColumn(inferred, name, [value]).type)
      },
    })
  }

  get type(): ColumnType {
    return this.#type
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes
  }

  /** Codes so far: they are below it. */
  get size(): number {
    return this.#table.size
  }

  /** From here on the code of a value that is not there is −1, until `clear`. */
  freeze(): void {
    this.#table.freeze()
  }

  clear(): void {
    this.#table.clear()
  }

  /** @throws TYPE_MISMATCH for a value whose type is not that of the values before. */
  codeOf(value: unknown): number {
    const code = this.#table.ofValue(value)
    if (this.#table.kinds !== this.#kinds) this.#newKind()
    return code
  }

  #newKind(): void {
    const kind = this.#table.kinds & ~this.#kinds
    this.#kinds |= kind
    const type = TYPE_OF_KIND.get(kind)
    if (type !== undefined) this.#unify(type)
  }

  #unify(type: ColumnType): void {
    this.#type = unifiedType(this.#operator, this.name, this.#type, type)
  }

  /** Writes the codes of rows `from … to - 1` to the same places of `codes`. */
  codesOf(column: Column, codes: Int32Array, from: number, to: number): void {
    this.#unify(column.type)
    this.#ofColumn = true
    const { validity } = column
    if (column.nullCount === 0 || validity === null) {
      this.#valueCodes(column, codes, from, to)
    } else if (column.nullCount === column.length) {
      const code = this.#table.ofNull()
      codes.fill(code, from, to)
    } else {
      // Row by row in order, so that codes are in order of first appearance.
      for (let row = from; row < to; ) {
        let end = row + 1
        const valid = bitAt(validity, row)
        while (end < to && bitAt(validity, end) === valid) end++
        if (valid) this.#valueCodes(column, codes, row, end)
        else codes.fill(this.#table.ofNull(), row, end)
        row = end
      }
    }
    this.#ofColumn = false
    // Kinds that come from columns are of the column's type, which has just been checked.
    this.#kinds |= this.#table.kinds
  }

  #valueCodes(column: Column, codes: Int32Array, from: number, to: number): void {
    const table = this.#table
    if ('offsets' in column && 'bytes' in column) {
      const { offsets, bytes } = column
      if (column.type.kind === 'utf8') {
        for (let row = from; row < to; row++)
          codes[row] = table.ofUtf8(bytes, offsets[row]!, offsets[row + 1]!)
      } else {
        for (let row = from; row < to; row++)
          codes[row] = table.ofBinary(bytes, offsets[row]!, offsets[row + 1]!)
      }
    } else if (column.type.kind === 'fixedBinary' && 'bytes' in column) {
      const { byteLength } = column.type
      for (let row = from; row < to; row++) {
        codes[row] = table.ofBinary(column.bytes, row * byteLength, (row + 1) * byteLength)
      }
    } else if (column.type.kind === 'number' && 'values' in column) {
      const { values } = column
      for (let row = from; row < to; row++) codes[row] = table.ofNumber(values[row] as number)
    } else if (column.type.kind === 'int64' && column.type.as === 'number' && 'values' in column) {
      const numbers = int64Numbers(column.values as BigInt64Array, { column: this.name })
      for (let row = from; row < to; row++) codes[row] = table.ofNumber(numbers(row))
    } else if (column.type.kind === 'int64' && 'values' in column) {
      const { values } = column
      for (let row = from; row < to; row++) codes[row] = table.ofInt64(values[row] as bigint)
    } else if (column.type.kind === 'boolean' && 'bits' in column) {
      for (let row = from; row < to; row++) codes[row] = table.ofBoolean(bitAt(column.bits, row))
    } else {
      const read = columnReader(column, { column: this.name })
      for (let row = from; row < to; row++) codes[row] = table.ofValue(read(row))
    }
  }

  /** The values of these codes. */
  column(codes: Int32Array): Column {
    const type = this.#type
    if (type.kind !== 'list' && type.kind !== 'struct') return gather(type, this, codes)
    const schema = { shape: 'object', fields: [{ name: this.name, type }] } as const
    const builder = new BatchBuilder({ operator: this.#operator, schema })
    const values = Array.from(codes, code => this.#table.nestedOf(code))
    return valueColumn(builder, this.name, values)
  }

  isNull(code: number): boolean {
    return this.#table.isNull(code)
  }
  numberOf(code: number): number {
    return this.#table.numberOf(code)
  }
  int64Of(code: number): bigint {
    return this.#table.int64Of(code)
  }
  byteLengthOf(code: number): number {
    return this.#table.byteLengthOf(code)
  }
  copyBytes(code: number, target: Uint8Array, offset: number): void {
    this.#table.copyBytes(code, target, offset)
  }
}
