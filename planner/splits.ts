/** Splits: what each task of a scan reads, cut from the listing alone. */
import { DunlinError, type ReadFormat } from '../operators/index.ts'
import type { ListedObject, Listing } from './facts.ts'
import { listingHash } from './listing-hash.ts'
import type { ScanNode, Source } from './logical.ts'
import { MAX_TASKS, tooManyTasks } from './max-tasks.ts'
import type { Split, SplitRange } from './physical.ts'
import { SplitPacker } from './split-packer.ts'

const MIB = 1 << 20
/** Splits that a source is cut into where neither bound below decides: enough for a laptop, few enough to start fast. */
const SPLITS_WANTED = 32
/** Under it a task costs more to start than to run. */
const MIN_SPLIT_BYTES = MIB
/** Over it a lost task costs too much to repeat. */
const MAX_SPLIT_BYTES = 64 * MIB
/** The same bounds for ranges, whose rows cost nothing to read. */
const MIN_SPLIT_ROWS = 4096
const MAX_SPLIT_ROWS = 262_144
/** What a number of a range counts as where sizes in bytes are compared. */
const RANGE_ROW_BYTES = 8

export interface SplitOptions {
  /** Bytes a split covers where the scan does not say. */
  readonly splitBytes?: number
}

/** A scan as the tasks see it. */
export interface ScanSplits {
  readonly splits: readonly Split[]
  /** Bytes to read; 0 for a range. */
  readonly bytes: number
  /** How much data it is, for choosing partitions: as `bytes`, but a range counts too. */
  readonly weightBytes: number
  readonly objects: number
  readonly listing: string
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}

/** `clamp(total / 32, 1 MiB, 64 MiB)`, rounded up. */
export function defaultSplitBytes(totalBytes: number): number {
  return clamp(Math.ceil(totalBytes / SPLITS_WANTED), MIN_SPLIT_BYTES, MAX_SPLIT_BYTES)
}

/** `clamp(count / 32, 4,096, 262,144)`, rounded up. */
export function defaultSplitRows(count: number): number {
  return clamp(Math.ceil(count / SPLITS_WANTED), MIN_SPLIT_ROWS, MAX_SPLIT_ROWS)
}

/** How many numbers a range has. */
export function rangeCount({ start, end, step }: Extract<Source, { kind: 'range' }>): number {
  return Math.max(0, Math.ceil((end - start) / step))
}

function rangeSplits(source: Extract<Source, { kind: 'range' }>): ScanSplits {
  const size = rangeCount(source)
  const rows = source.splitRows ?? defaultSplitRows(size)
  if (size > rows * MAX_TASKS) tooManyTasks('a range')
  const packer = new SplitPacker(1)
  for (let start = 0; start < size; start += rows) {
    packer.add({ root: '', key: 'range', start, end: Math.min(start + rows, size), size, version: '' }, 1)
  }
  const splits = packer.finish()
  const listing = listingHash({ objects: [] }, splits, { keys: 'named' })
  return { splits, bytes: 0, weightBytes: size * RANGE_ROW_BYTES, objects: 0, listing }
}

function rangeOf(object: ListedObject, start: number, end: number, size: number): SplitRange {
  const { root, key, version, compression } = object
  return { root, key, start, end, size, version, ...(compression === undefined ? {} : { compression }) }
}

/** Bytes of a record where all have as many, else 1: cuts at multiples of it spare readers a part of a record. */
export function recordBytes(format: ReadFormat): number {
  return format.format === 'records' ? format.length : 1
}

/** Cuts at multiples of `splitBytes`, or of a record below it; where other records end is the reader's business. */
function addBytes(packer: SplitPacker, object: ListedObject, splitBytes: number, recordBytes: number): void {
  const size = object.sizeBytes
  const wanted = Math.max(splitBytes - (splitBytes % recordBytes), recordBytes)
  const step = object.compression === undefined ? wanted : size
  for (let start = 0; start < size; start += step) {
    const end = Math.min(start + step, size)
    packer.add(rangeOf(object, start, end, size), end - start)
  }
}

/** Cuts between record batches, which are taken to be of equal size. */
function addBatches(packer: SplitPacker, object: ListedObject, splitBytes: number): void {
  const { batches: size, sizeBytes } = object
  if (size === undefined) {
    throw new DunlinError('INTERNAL', `the listing does not say how many record batches ${object.key} has`)
  }
  const step = Math.max(1, Math.floor((splitBytes * size) / sizeBytes))
  for (let start = 0; start < size; start += step) {
    const end = Math.min(start + step, size)
    packer.add(rangeOf(object, start, end, size), (sizeBytes * (end - start)) / size)
  }
}

/**
 * The splits of a scan, in the order of its records. Large objects are cut at multiples of `splitBytes`, neighbours
 * that fit share a split, a compressed object is never cut; an empty one has no split. Linear in objects and splits.
 */
export function splitsOf(scan: ScanNode, listing: Listing | undefined, options: SplitOptions): ScanSplits {
  const { source } = scan
  if (source.kind === 'range') return rangeSplits(source)
  if (listing === undefined) throw new DunlinError('INTERNAL', 'a source was not listed before planning')
  let bytes = 0
  for (const object of listing.objects) bytes += object.sizeBytes
  const splitBytes = scan.splitBytes ?? options.splitBytes ?? defaultSplitBytes(bytes)
  const arrow = source.kind === 'values' || source.format.format === 'arrow'
  const record = source.kind === 'values' ? 1 : recordBytes(source.format)
  const packer = new SplitPacker(splitBytes)
  for (const object of listing.objects) {
    if (object.sizeBytes === 0) continue
    if (arrow) addBatches(packer, object, splitBytes)
    else addBytes(packer, object, splitBytes, record)
  }
  const splits = packer.finish()
  const keys = source.kind === 'values' ? 'staged' : 'named'
  return {
    splits,
    bytes,
    weightBytes: bytes,
    objects: listing.objects.length,
    listing: listingHash(listing, splits, { keys }),
  }
}
