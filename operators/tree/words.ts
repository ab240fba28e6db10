/** Splits lines of text into words: exactly `line.toLowerCase().match(/\p{L}+/gu) ?? []`. */
import { isAscii } from 'node:buffer'
import { BATCH_BYTES, BATCH_ROWS, type Batch, type BytesColumn } from '../batch/batch.ts'
import { asBuffer, bitAt, grownBuffer, ownedBytes } from '../batch/growing.ts'
import { schemaText } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'
import type { Emit, Operator } from '../operator.ts'

const WORD = /\p{L}+/gu

/** The lower-case letter of each byte that is an ASCII letter, else 0. */
const LETTER = new Uint8Array(256)
for (let byte = 0x61; byte <= 0x7a; byte++) LETTER[byte] = LETTER[byte - 0x20] = byte

const SCHEMA = { shape: 'scalar', fields: [{ name: 'value', type: { kind: 'utf8' } }] } as const

/** ASCII lines never become JavaScript strings. Nulls are skipped. */
export class Words implements Operator {
  readonly #operator: string
  #offsets = new Int32Array(BATCH_ROWS + 1)
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 16)
  #rows = 0
  #used = 0

  constructor(operator: string) {
    this.#operator = operator
  }

  push(batch: Batch, emit: Emit): void {
    if (batch.length === 0) return
    const lines = this.#lines(batch)
    if (lines === null) return
    const { offsets, bytes, validity } = lines
    const used = bytes.subarray(0, offsets[lines.length])
    const ascii = isAscii(used)
    for (let row = 0; row < lines.length; row++) {
      if (validity !== null && lines.nullCount > 0 && !bitAt(validity, row)) continue
      const from = offsets[row]!
      const to = offsets[row + 1]!
      if (ascii || isAscii(bytes.subarray(from, to))) this.#asciiWords(bytes, from, to, emit)
      else this.#anyWords(asBuffer(bytes).toString('utf8', from, to), emit)
    }
  }

  finish(emit: Emit): void {
    this.#build(emit)
  }

  /** The column of lines; null where all are null. */
  #lines(batch: Batch): BytesColumn | null {
    const { shape, fields } = batch.schema
    const column = batch.columns[0]
    if (shape === 'scalar' && column !== undefined) {
      if (column.type.kind === 'null') return null
      if (column.type.kind === 'utf8') return column as BytesColumn
    }
    const text = fields.find(field => field.type.kind === 'utf8')
    throw new DunlinError(
      'TYPE_MISMATCH',
      `${this.#operator}: words() splits strings, but the records are ${schemaText(batch.schema)}`,
      {
        hint:
          shape === 'scalar' || text === undefined
            ? 'Make strings of them in a map step before.'
            : `Take the text out before: .map(record => record${shape === 'pair' ? (text.name === 'key' ? '[0]' : '[1]') : `[${JSON.stringify(text.name)}]`}).words()`,
        place: { operator: this.#operator },
      },
    )
  }

  #asciiWords(bytes: Uint8Array, from: number, to: number, emit: Emit): void {
    this.#room(to - from)
    const out = this.#bytes
    let used = this.#used
    let rows = this.#rows
    for (let i = from; i < to; ) {
      let letter = LETTER[bytes[i]!]!
      if (letter === 0) {
        i++
        continue
      }
      do {
        out[used++] = letter
        i++
        letter = i < to ? LETTER[bytes[i]!]! : 0
      } while (letter !== 0)
      this.#offsets[++rows] = used
      if (rows === BATCH_ROWS || used >= BATCH_BYTES) {
        this.#rows = rows
        this.#used = used
        this.#build(emit)
        used = 0
        rows = 0
      }
    }
    this.#rows = rows
    this.#used = used
  }

  #anyWords(line: string, emit: Emit): void {
    for (const word of line.toLowerCase().match(WORD) ?? []) {
      this.#room(word.length * 3)
      this.#used += this.#bytes.write(word, this.#used)
      this.#offsets[++this.#rows] = this.#used
      if (this.#rows === BATCH_ROWS || this.#used >= BATCH_BYTES) this.#build(emit)
    }
  }

  #room(bytes: number): void {
    this.#bytes = grownBuffer(this.#bytes, this.#used + bytes)
  }

  #build(emit: Emit): void {
    const length = this.#rows
    if (length === 0) return
    const offsets = this.#offsets.slice(0, length + 1)
    const bytes = ownedBytes(this.#bytes, this.#used)
    this.#rows = 0
    this.#used = 0
    emit({
      schema: SCHEMA,
      length,
      columns: [{ type: SCHEMA.fields[0].type, length, nullCount: 0, validity: null, offsets, bytes }],
    })
  }
}
