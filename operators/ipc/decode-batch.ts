/** Decoding of Arrow record-batch messages without copying: columns are views on the given bytes. */
import '../batch/endianness.ts'
import type { Batch, BooleanColumn, BytesColumn, Column, ListColumn, NumberArray } from '../batch/batch.ts'
import type { ColumnType, NumberWidth, Schema } from '../batch/column-type.ts'
import { bitBytes } from '../batch/growing.ts'
import { DunlinError } from '../errors.ts'
import {
  BATCH_BUFFERS,
  BATCH_COMPRESSION,
  BATCH_LENGTH,
  BATCH_NODES,
  MESSAGE_BODY_LENGTH,
  MESSAGE_HEADER,
  MESSAGE_HEADER_TYPE,
  PREFIX_BYTES,
} from './message-template.ts'

/** `MessageHeader.RecordBatch` of Message.fbs. */
const RECORD_BATCH = 3

/** The same bytes, plain, at an address where 64-bit integers may stand; copies only where they do not. */
export const aligned = (bytes: Uint8Array): Uint8Array =>
  (bytes.byteOffset & 7) === 0
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes)

/** Walks the nodes and buffers of record-batch messages in the order of a schema's columns. */
export class BatchDecoder {
  readonly #schema: Schema
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #node = 0
  #nodesEnd = 0
  #buffer = 0
  #buffersEnd = 0
  #body = 0
  #bodyEnd = 0

  /** `bytes` must be aligned to 8. */
  constructor(schema: Schema, bytes: Uint8Array) {
    this.#schema = schema
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /**
   * The batch of the message at `at` and where the next begins; null at the end-of-stream mark.
   *
   * @throws CORRUPT for bytes that are no such message.
   */
  read(at: number): { readonly batch: Batch; readonly end: number } | null {
    try {
      return this.#read(at)
    } catch (error) {
      // Every read of the view is checked; what falls outside means that the bytes are not what they claim.
      if (error instanceof RangeError) throw corrupt('a length points outside of the data', error)
      throw error
    }
  }

  #read(at: number): { readonly batch: Batch; readonly end: number } | null {
    const view = this.#view
    if (view.getInt32(at, true) !== -1) throw corrupt('a message does not begin with its marker')
    const metadataBytes = view.getInt32(at + 4, true)
    if (metadataBytes === 0) return null
    const root = at + PREFIX_BYTES
    const message = root + view.getUint32(root, true)
    const headerType = this.#slot(message, MESSAGE_HEADER_TYPE)
    if (headerType === 0 || view.getUint8(headerType) !== RECORD_BATCH) {
      throw corrupt('a message is not a record batch')
    }
    const bodyLengthAt = this.#slot(message, MESSAGE_BODY_LENGTH)
    this.#body = root + metadataBytes
    this.#bodyEnd = this.#body + (bodyLengthAt === 0 ? 0 : this.#int64(bodyLengthAt))
    if (metadataBytes < 0 || this.#bodyEnd > this.#bytes.length) throw corrupt('a message is cut short')
    const headerAt = this.#slot(message, MESSAGE_HEADER)
    const header = headerAt + view.getUint32(headerAt, true)
    if (this.#slot(header, BATCH_COMPRESSION) !== 0) throw corrupt('a record batch is compressed')
    const rowsAt = this.#slot(header, BATCH_LENGTH)
    const length = rowsAt === 0 ? 0 : this.#int64(rowsAt)
    this.#node = this.#vector(header, BATCH_NODES)
    this.#nodesEnd = this.#node === 0 ? 0 : this.#node + 16 * view.getUint32(this.#node - 4, true)
    this.#buffer = this.#vector(header, BATCH_BUFFERS)
    this.#buffersEnd = this.#buffer === 0 ? 0 : this.#buffer + 16 * view.getUint32(this.#buffer - 4, true)
    const columns: Column[] = []
    for (const field of this.#schema.fields) columns.push(this.#column(field.type, length))
    return { batch: { schema: this.#schema, length, columns }, end: this.#bodyEnd }
  }

  /** Where a table keeps a field, 0 where it has none. */
  #slot(table: number, field: number): number {
    const view = this.#view
    const vtable = table - view.getInt32(table, true)
    const offset = field < view.getUint16(vtable, true) ? view.getUint16(vtable + field, true) : 0
    return offset === 0 ? 0 : table + offset
  }

  #vector(table: number, field: number): number {
    const slot = this.#slot(table, field)
    return slot === 0 ? 0 : slot + this.#view.getUint32(slot, true) + 4
  }

  #int64(at: number): number {
    const value = this.#view.getInt32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true)
    if (value < 0) throw corrupt('a length is negative')
    return value
  }

  #column(type: ColumnType, rows: number): Column {
    if (this.#node >= this.#nodesEnd) throw corrupt('a record batch has fewer columns than its schema')
    const length = this.#int64(this.#node)
    let nullCount = this.#int64(this.#node + 8)
    this.#node += 16
    if (length !== rows) throw corrupt(`a column has ${length} rows where ${rows} were expected`)
    if (type.kind === 'null') return { type, length, nullCount: length, validity: null }
    let validity: Uint8Array | null = this.#next()
    if (nullCount === 0) validity = null
    else if (validity.length < bitBytes(length)) throw corrupt('a validity bitmap is too short')
    if (validity === null) nullCount = 0
    return this.#data(type, { length, nullCount, validity })
  }

  #data(
    type: Exclude<ColumnType, { kind: 'null' }>,
    rows: Pick<Column, 'length' | 'nullCount' | 'validity'>,
  ): Column {
    const { length } = rows
    switch (type.kind) {
      case 'boolean': {
        const bits = this.#next()
        this.#check(bits.length >= bitBytes(length))
        return { type, ...rows, bits } satisfies BooleanColumn
      }
      case 'number':
        return {
          type,
          ...rows,
          values: numbersOf(type.width, this.#fixed(WIDTHS[type.width], length), length),
        }
      case 'int64':
      case 'timestamp': {
        const bytes = this.#fixed(8, length)
        return { type, ...rows, values: new BigInt64Array(bytes.buffer, bytes.byteOffset, length) }
      }
      case 'utf8':
      case 'binary': {
        const offsets = this.#offsets(length)
        const bytes = this.#next()
        return this.#rebased({ type, ...rows, offsets, bytes })
      }
      case 'fixedBinary': {
        const bytes = this.#next()
        this.#check(bytes.length >= length * type.byteLength)
        return { type, ...rows, bytes }
      }
      case 'list': {
        const offsets = this.#offsets(length)
        // The item's own node says how many rows it has.
        const items = this.#node < this.#nodesEnd ? this.#int64(this.#node) : 0
        const item = this.#column(type.item, items)
        this.#check(offsets[0] === 0 && offsets[length]! <= items)
        return { type, ...rows, offsets, item } satisfies ListColumn
      }
      case 'struct': {
        const children: Column[] = []
        for (const field of type.fields) children.push(this.#column(field.type, length))
        return { type, ...rows, children }
      }
    }
  }

  /** The bytes of the next buffer. */
  #next(): Uint8Array {
    if (this.#buffer >= this.#buffersEnd) throw corrupt('a record batch has fewer buffers than its schema')
    const start = this.#body + this.#int64(this.#buffer)
    const end = start + this.#int64(this.#buffer + 8)
    this.#buffer += 16
    this.#check(end <= this.#bodyEnd)
    return this.#bytes.subarray(start, end)
  }

  /** A buffer of `length` values of `width` bytes. Arrow starts every buffer at a multiple of 8. */
  #fixed(width: number, length: number): Uint8Array {
    const bytes = this.#next()
    this.#check(bytes.length >= width * length)
    return bytes
  }

  #offsets(length: number): Int32Array {
    if (length === 0) {
      // Arrow allows an empty buffer for no rows.
      this.#next()
      return new Int32Array(1)
    }
    const bytes = this.#fixed(4, length + 1)
    return new Int32Array(bytes.buffer, bytes.byteOffset, length + 1)
  }

  /** Other writers may leave bytes before the first row. */
  #rebased(column: BytesColumn): BytesColumn {
    const first = column.offsets[0]!
    this.#check(first >= 0 && column.offsets[column.length]! <= column.bytes.length)
    if (first === 0) return column
    return { ...column, offsets: column.offsets.map(o => o - first), bytes: column.bytes.subarray(first) }
  }

  #check(holds: boolean): void {
    if (!holds) throw corrupt('a buffer is shorter than its column')
  }
}

const WIDTHS: Readonly<Record<NumberWidth, 1 | 2 | 4 | 8>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
}

function numbersOf(width: NumberWidth, { buffer, byteOffset }: Uint8Array, length: number): NumberArray {
  switch (width) {
    case 'int8':
      return new Int8Array(buffer, byteOffset, length)
    case 'int16':
      return new Int16Array(buffer, byteOffset, length)
    case 'int32':
      return new Int32Array(buffer, byteOffset, length)
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, length)
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length)
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length)
    case 'float32':
      return new Float32Array(buffer, byteOffset, length)
    case 'float64':
      return new Float64Array(buffer, byteOffset, length)
  }
}

export const corrupt = (what: string, cause?: unknown): DunlinError =>
  new DunlinError('CORRUPT', `Arrow data cannot be read: ${what}`, cause === undefined ? {} : { cause })
