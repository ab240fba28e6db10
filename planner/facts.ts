/** Facts: all that the planner may know from outside, as data. */
import type { ScanNode, UserFunction } from './logical.ts'

/** One object of a source's listing. */
export interface ListedObject {
  /** URI of the store's root that the object is read through, e.g. `file:///data/reviews/`. */
  readonly root: string
  /** Key below that root. */
  readonly key: string
  readonly sizeBytes: number
  /** What changes when the content does: ETag, or size and modification time. */
  readonly version: string
  /** How the bytes are compressed; such an object is one split. */
  readonly compression?: 'gzip' | 'zstd'
  /** Record batches of an Arrow object, whose splits are cut by batch. */
  readonly batches?: number
}

/** The listing of one scan, in the order in which its records are. */
export interface Listing {
  readonly objects: readonly ListedObject[]
}

/** What code shipping read off a user's function. */
export interface FunctionFacts {
  /** Index into the shipped module's default export. */
  readonly index: number
  readonly name: string
  readonly at?: string
  /** Columns that it reads of its record; meaningful where `escapes` is false. */
  readonly reads: readonly string[]
  /** The record as a whole may be seen (stored, spread, passed on): give it every column. */
  readonly escapes: boolean
  /** Result property → record column, where the property is exactly `record.column`. */
  readonly passThrough: Readonly<Record<string, string>>
  /** Declared `async`. A function that is not may still return a promise. */
  readonly async: boolean
}

/** Prices and rates that `explain` turns plans into seconds and dollars with. */
export interface EngineFacts {
  readonly name: string
  /** Tasks that may run at once. Never changes a result: only estimates use it. */
  readonly slots: number
  /** Sizes of memory that workers have, ascending. Absent: what a stage asks for. */
  readonly memorySizesMb?: readonly number[]
  /** What a task may take at most. Absent: anything. */
  readonly mostTimeoutMs?: number
  /** Bytes a second one task reads and writes; for estimates. */
  readonly bytesPerSecond: number
  /** Requests a second that the store answers below one prefix. Absent: as many as are sent. */
  readonly requestsPerSecond?: { readonly gets: number; readonly puts: number }
  /** How the store writes what is long. Absent: every object by one request. */
  readonly uploads?: UploadFacts
  readonly dollars: DollarFacts
}

/** What an engine costs. */
export interface DollarFacts {
  /** Of memory times the time that it is used. */
  readonly perGbSecond: number
  readonly perTask: number
  readonly perGet: number
  /** Of a LIST, too. */
  readonly perPut: number
  /** Where and when that was so, as `us-east-1, 2026-11`. Absent: nothing is paid. */
  readonly priced?: string
}

/** Objects in parts: each part is a request, and so are the beginning and the end of the upload. */
export interface UploadFacts {
  /** Of an object that is given whole, up to here by one request. */
  readonly longestPutBytes: number
  /** The length of the first parts; also up to where an object that is given piece by piece takes one request. */
  readonly partBytes: number
  /** After so many parts they are twice as long. */
  readonly partsPerLength: number
}

export interface Facts {
  readonly listings: ReadonlyMap<ScanNode, Listing>
  readonly functions: ReadonlyMap<UserFunction, FunctionFacts>
  /** Hash of the shipped module; part of the fingerprint. */
  readonly codeHash: string
  readonly engine: EngineFacts
}
