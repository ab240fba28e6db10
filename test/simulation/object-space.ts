/** ObjectSpace: the objects below one root that all processes of a simulation share, and what was done to them. */
import { compareKeys } from '../../src/store/key.ts'

export interface SpaceObject {
  readonly bytes: Uint8Array
  readonly version: string
}

/** One change, in the order in which they took effect. */
export interface Change {
  readonly kind: 'create' | 'replace' | 'delete' | 'move'
  readonly key: string
  /** Of a move: where it went. */
  readonly to?: string
  /** The bytes that are there now. */
  readonly bytes?: Uint8Array
  /** The process and what it was doing. */
  readonly by: string
  readonly ifAbsent: boolean
  readonly atMs: number
}

/** A driver, or who cleans, removes the data of a job that is over. */
export function isDiscarded({ kind, by, key }: Change): boolean {
  return kind === 'delete' && /^(driver|cleaner)/.test(by) && key.includes('/data/')
}

/** What a store reaches: the objects below a root. */
export interface Objects {
  readonly uri: string
  readonly keys: readonly string[]
  readonly changes: readonly Change[]
  get(key: string): SpaceObject | undefined
  /** Whose bytes were read by whom. */
  noteRead(key: string, by: string): void
  /** False where `ifAbsent` and there is an object. */
  put(key: string, bytes: Uint8Array, options: { readonly by: string; readonly ifAbsent?: boolean }): boolean
  delete(key: string, by: string): void
  /** False where `from` does not exist. */
  move(from: string, to: string, by: string): boolean
  /** The next keys of a listing, as one request brings them. */
  page(prefix: string, after: string | null, size: number): readonly string[]
}

export class ObjectSpace implements Objects {
  readonly uri: string
  readonly #objects: Map<string, SpaceObject>
  readonly #nowMs: () => number
  readonly changes: Change[] = []
  /** Whose bytes were read by whom. */
  readonly reads: { readonly key: string; readonly by: string }[] = []
  #writes = 0

  /** @param objects what is there from the beginning; left as it is */
  constructor(uri: string, objects: ReadonlyMap<string, SpaceObject>, nowMs: () => number) {
    this.uri = uri
    this.#objects = new Map(objects)
    this.#nowMs = nowMs
  }

  get(key: string): SpaceObject | undefined {
    return this.#objects.get(key)
  }

  get keys(): readonly string[] {
    return [...this.#objects.keys()].sort(compareKeys)
  }

  noteRead(key: string, by: string): void {
    this.reads.push({ key, by })
  }

  put(
    key: string,
    bytes: Uint8Array,
    options: { readonly by: string; readonly ifAbsent?: boolean },
  ): boolean {
    const { by, ifAbsent = false } = options
    const there = this.#objects.has(key)
    if (there && ifAbsent) return false
    this.#objects.set(key, { bytes, version: `${bytes.byteLength}-w${++this.#writes}` })
    this.#note({ kind: there ? 'replace' : 'create', key, bytes, by, ifAbsent })
    return true
  }

  delete(key: string, by: string): void {
    if (this.#objects.delete(key)) this.#note({ kind: 'delete', key, by, ifAbsent: false })
  }

  move(from: string, to: string, by: string): boolean {
    const object = this.#objects.get(from)
    if (object === undefined) return false
    this.#objects.delete(from)
    this.#objects.set(to, object)
    this.#note({ kind: 'move', key: from, to, bytes: object.bytes, by, ifAbsent: false })
    return true
  }

  page(prefix: string, after: string | null, size: number): readonly string[] {
    const keys: string[] = []
    for (const key of this.#objects.keys()) {
      if (key.startsWith(prefix) && (after === null || compareKeys(key, after) > 0)) keys.push(key)
    }
    return keys.sort(compareKeys).slice(0, size)
  }

  #note(change: Omit<Change, 'atMs'>): void {
    this.changes.push({ ...change, atMs: this.#nowMs() })
  }
}
