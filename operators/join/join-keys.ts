/** The keys of a batch's rows: their columns, their hashes, and which rows have none. */
import type { Batch, Column } from '../batch/batch.ts'
import { columnNamed } from '../batch/column-named.ts'
import { bitAt } from '../batch/growing.ts'
import { hashColumns, hashRows } from '../partition/hash.ts'
import type { JoinPlan, Side } from './join-plan.ts'

/** Columns that are compared, one after another; null is one of nothing but nulls. */
export interface KeyColumns {
  readonly columns: readonly (Column | null)[]
  /** Where all columns are keys: their names, by which they meet those of the other side. */
  readonly names: readonly string[] | null
}

export interface Keys extends KeyColumns {
  readonly length: number
  readonly hashes: Uint32Array
  /** 1 where a row can match nothing, since null equals nothing; null where there is no such row. */
  readonly keyless: Uint8Array | null
}

export function keyColumns(batch: Batch, plan: JoinPlan, side: Side): KeyColumns {
  const names = plan.keyNames[side]
  if (names === 'all') return { columns: batch.columns, names: batch.schema.fields.map(field => field.name) }
  return { columns: names.map(name => columnNamed(batch, name)), names: null }
}

/** The keys of the batch's first `length` rows. */
export function keysOf(batch: Batch, plan: JoinPlan, side: Side, length = batch.length): Keys {
  const keys = keyColumns(batch, plan, side)
  const hashes = new Uint32Array(length)
  if (keys.names !== null) hashRows({ ...batch, length }, 'all', hashes)
  else hashColumns(keys.columns, length, hashes)
  return { ...keys, length, hashes, keyless: plan.nullsEqual ? null : keylessRows(keys, length) }
}

/** 1 for each row where a key is null; null where none is. */
export function keylessRows({ columns }: KeyColumns, length: number): Uint8Array | null {
  let keyless: Uint8Array | null = null
  for (const column of columns) {
    if (column !== null && column.nullCount === 0) continue
    keyless ??= new Uint8Array(length)
    const validity = column?.validity ?? null
    if (validity === null) keyless.fill(1)
    else for (let row = 0; row < length; row++) if (!bitAt(validity, row)) keyless[row] = 1
  }
  return keyless
}

/** The columns of two sides that are compared with each other. */
export function pairedColumns(
  a: KeyColumns,
  b: KeyColumns,
): readonly (readonly [Column | null, Column | null])[] {
  if (a.names === null || b.names === null) {
    return a.columns.map((column, i) => [column, b.columns[i]!] as const)
  }
  return pairedByName(a.names, a.columns, b.names, b.columns)
}

/** Columns of both by name; what one lacks is null. */
export function pairedByName(
  names: readonly string[],
  columns: readonly (Column | null)[],
  otherNames: readonly string[],
  otherColumns: readonly (Column | null)[],
): readonly (readonly [Column | null, Column | null])[] {
  const others = new Map(otherNames.map((name, i) => [name, otherColumns[i]!]))
  const pairs = names.map((name, i): readonly [Column | null, Column | null] => {
    const other = others.get(name) ?? null
    others.delete(name)
    return [columns[i]!, other]
  })
  for (const other of others.values()) pairs.push([null, other])
  return pairs
}
