/** The port to object storage: what S3 can do, and no more. */
import type { UploadFacts } from '../../planner/index.ts'

export interface ObjectInfo {
  readonly key: string
  readonly sizeBytes: number
  /** Changes when the content does: an ETag, or size and modification time. */
  readonly version: string
}

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export interface RequestOptions {
  readonly signal?: AbortSignal
}

export interface StreamOptions extends RequestOptions {
  /** How long pieces had better be; a store may give others. */
  readonly pieceBytes?: number
  /** The caller is done with a piece when it asks for the next: the store may write to its memory again. Default false. */
  readonly lent?: boolean
}

/** The pieces of a body, in order; written as one object without being joined in memory. */
export type Body = Uint8Array | readonly Uint8Array[]

export type PutResult =
  | { readonly created: true; readonly version: string }
  /** Only with `ifAbsent`: another write came first; nothing was written. */
  | { readonly created: false }

/** Writes one object piece by piece; nothing is visible before `close`, and nothing at all after `abort`. */
export interface ObjectWriter {
  /** The next bytes, which must not change before it has resolved. */
  write(bytes: Body): Promise<void>
  /** With `ifAbsent` as `put`. */
  close(options?: { readonly ifAbsent?: boolean }): Promise<PutResult>
  /** Leaves nothing behind. Never throws. */
  abort(): Promise<void>
}

/**
 * A flat space of keys under one root.
 *
 * - Keys are `/`-separated, relative, without `.` or `..` segments; anything else is `INVALID_ARGUMENT` before a
 *   request is made. A key never leads outside the root, not through a symbolic link either.
 * - Objects appear whole or not at all; a put replaces; reads after a write see it, listings too.
 * - A missing object is `NOT_FOUND`; denied access `ACCESS_DENIED`; a full disk `NO_SPACE`; anything else `STORE`.
 * - Every error names the URI.
 */
export interface ObjectStore {
  /** The root as a URI that `openStore` takes, ending in `/`: `file:///tmp/x/`, `s3://bucket/x/`. */
  readonly uri: string
  /** Its requests, streams and writers are tried again by itself while they fail for the moment; others need `patientStore`. */
  readonly isPatient?: boolean
  /** How it writes what is long, for whoever counts requests. Absent: by one request. */
  readonly uploads?: UploadFacts | undefined
  /** The whole object, or the bytes of a range that lies inside it (else `CORRUPT`: the object is shorter). */
  get(key: string, range?: ByteRange, options?: RequestOptions): Promise<Uint8Array>
  /** The bytes from `offset` (default 0) to the end, in pieces; `length` bounds it. */
  stream(
    key: string,
    range?: { readonly offset: number; readonly length?: number },
    options?: StreamOptions,
  ): AsyncIterable<Uint8Array>
  /** With `ifAbsent`, of several writers exactly one is told `created: true`. */
  put(key: string, body: Body, options?: RequestOptions & { readonly ifAbsent?: boolean }): Promise<PutResult>
  writer(key: string, options?: RequestOptions): Promise<ObjectWriter>
  head(key: string, options?: RequestOptions): Promise<ObjectInfo | undefined>
  /** Objects whose keys start with `prefix`, in the order of the keys' UTF-8 bytes, without holding them all. */
  list(prefix: string, options?: RequestOptions): AsyncIterable<ObjectInfo>
  /** Deleting what is not there is no error. */
  delete(keys: readonly string[], options?: RequestOptions): Promise<void>
  /**
   * Removes what writers that are gone for good have left unfinished below a prefix that ends in `/` (it is in no listing),
   * or, of the prefix '', right below the root; what may still be finished stays.
   */
  sweep(prefix: string, options?: RequestOptions): Promise<void>
  /** Makes `from` visible as `to` (replacing it) and removes `from`. Moving a missing `from` is `NOT_FOUND`. */
  move(from: string, to: string, options?: RequestOptions): Promise<void>
}

/** Opens the store that a root URI names; the same instance for the same root. */
export interface Stores {
  open(rootUri: string): ObjectStore
}
