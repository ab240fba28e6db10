/** Picks rows of many batches, in a given order, into one batch of exactly their size. */
import type { Batch, BooleanColumn, BytesColumn, Column, NumberColumn, StructColumn } from '../batch/batch.ts'
import type { ColumnType, Schema } from '../batch/column-type.ts'
import { gathererOf } from '../batch/gatherer-factory.ts'
import { bitAt, bitBytes, NO_BYTES, unset } from '../batch/growing.ts'
import { numberArray } from '../batch/number-array.ts'
import { pickBytes, pickFixed } from './pick-bytes.ts'
import { batchOfRef, rowOfRef } from './row-ref.ts'

/**
 * @param batches all of the schema
 * @param refs `rowRef`s to the batches
 */
export function pickRows(schema: Schema, batches: readonly Batch[], refs: Int32Array): Batch {
  const columns = schema.fields.map(({ type }, i) =>
    pickColumn(
      type,
      batches.map(batch => batch.columns[i]!),
      refs,
    ),
  )
  return { schema, length: refs.length, columns }
}

/** @param sources the column in each batch */
function pickColumn(type: ColumnType, sources: readonly Column[], refs: Int32Array): Column {
  const { length } = refs
  if (type.kind === 'null') return { type, length, nullCount: length, validity: null }
  if (type.kind === 'list') return pickLists(type, sources, refs)
  const rows = { length, ...pickValidity(sources, refs) }
  switch (type.kind) {
    case 'boolean': {
      const bits = sources.map(source => (source as BooleanColumn).bits)
      return { type, ...rows, bits: pickBits(bits, refs).bits }
    }
    case 'number':
    case 'int64':
    case 'timestamp': {
      const values = type.kind === 'number' ? numberArray(type.width, length) : new BigInt64Array(length)
      const all = sources.map(source => bytesOf((source as NumberColumn).values))
      pickFixed(all, values.BYTES_PER_ELEMENT, refs, bytesOf(values))
      return { type, ...rows, values } as Column
    }
    case 'fixedBinary': {
      const bytes = unset(NO_BYTES, length * type.byteLength)
      const all = sources.map(source => (source as { bytes: Uint8Array }).bytes)
      pickFixed(all, type.byteLength, refs, bytes)
      return { type, ...rows, bytes }
    }
    case 'utf8':
    case 'binary':
      return { type, ...rows, ...pickBytes(sources as readonly BytesColumn[], refs) }
    case 'struct': {
      const children = type.fields.map((field, i) =>
        pickColumn(
          field.type,
          sources.map(source => (source as StructColumn).children[i]!),
          refs,
        ),
      )
      return { type, ...rows, children }
    }
  }
}

const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

function pickValidity(
  sources: readonly Column[],
  refs: Int32Array,
): { nullCount: number; validity: Uint8Array | null } {
  if (sources.every(source => source.nullCount === 0)) return { nullCount: 0, validity: null }
  const { bits, set } = pickBits(
    sources.map(source => (source.nullCount === 0 ? null : source.validity)),
    refs,
  )
  return set === refs.length
    ? { nullCount: 0, validity: null }
    : { nullCount: refs.length - set, validity: bits }
}

/** @param sources null stands for nothing but ones */
function pickBits(
  sources: readonly (Uint8Array | null)[],
  refs: Int32Array,
): { bits: Uint8Array; set: number } {
  const bits = new Uint8Array(bitBytes(refs.length))
  let set = 0
  for (let i = 0; i < refs.length; i++) {
    const source = sources[batchOfRef(refs[i]!)]!
    if (source !== null && !bitAt(source, rowOfRef(refs[i]!))) continue
    bits[i >> 3]! |= 1 << (i & 7)
    set++
  }
  return { bits, set }
}

/** Items are ranges of another column: appended for as many rows at a time as one batch has next. */
function pickLists(type: ColumnType, sources: readonly Column[], refs: Int32Array): Column {
  const gatherer = gathererOf(type)
  const rows = refs.map(rowOfRef)
  for (let from = 0, to = 0; from < refs.length; from = to) {
    const batch = batchOfRef(refs[from]!)
    while (to < refs.length && batchOfRef(refs[to]!) === batch) to++
    gatherer.append(sources[batch]!, rows, from, to)
  }
  return gatherer.take()
}
