/** LetterBox: the bad records of one place of a task, in their order, on their way into a file of dead letters. */
import { crc32 } from 'node:zlib'
import {
  type BadRecords,
  type CountedFailure,
  type DunlinError,
  type Failure,
  toFailure,
} from '../../operators/index.ts'
import { failureKind } from '../events/first-failures.ts'
import { isSkipped } from '../job/policies/error-policy.ts'
import type { ObjectStore, ObjectWriter } from '../store/object-store.ts'
import { cutText, type RecordText, recordText } from './record-text.ts'
import type { CommittedPart } from './task-event.ts'

/** Smaller pieces are written together. */
const WRITE_BYTES = 1 << 20
/** An answer must stay small JSON. */
const KINDS_KEPT = 10
const MESSAGE_CHARS = 1_000

/** One line of a dead-letter file; every letter has every field, so that the files have one schema. */
export interface DeadLetter {
  readonly stage: number
  readonly task: number
  /** As `explain` names it; null where none is known. */
  readonly operator: string | null
  readonly code: string
  readonly error: string
  /** `file:line` of the input, or of the user's function. */
  readonly at: string | null
  /** JSON of what the function was given; the text itself of what could not be read. */
  readonly record: string
  /** Whether `record` is all of it. */
  readonly whole: boolean
}

export interface LetterBoxOptions {
  readonly stage: number
  readonly task: number
  readonly store: ObjectStore
  /** Carries the attempt's nonce. */
  readonly key: string
  readonly signal: AbortSignal
  /** Records that are read again by another stage, which will tell of them. */
  readonly quiet: boolean
}

/** Memory: what is told of between two calls of `flush`, and a megabyte. */
export class LetterBox implements BadRecords {
  readonly #options: LetterBoxOptions
  #waiting: string[] = []
  readonly #kinds = new Map<string, { readonly failure: Failure; count: number }>()
  #writer: ObjectWriter | null = null
  #bytes = 0
  #crc32 = 0
  /** Characters that `flush` has still to write: nearly bytes. */
  waitingBytes = 0
  /** Records that could not be read: nobody else has counted them. */
  unread = 0
  records = 0

  constructor(options: LetterBoxOptions) {
    this.#options = options
  }

  skip(error: DunlinError, record: unknown): boolean {
    return this.#take(error, () => recordText(record))
  }

  skipText(error: DunlinError, text: string): boolean {
    const taken = this.#take(error, () => cutText(text))
    if (taken && !this.#options.quiet) this.unread++
    return taken
  }

  /** Writes when it is worth it: to be called whenever the task can wait. */
  async flush(): Promise<void> {
    if (this.waitingBytes >= WRITE_BYTES) await this.#write()
  }

  /** Null where there was no bad record. */
  async finish(): Promise<CommittedPart | null> {
    if (this.records === 0) return null
    await this.#write()
    await this.#writer?.close()
    return { key: this.#options.key, rows: this.records, bytes: this.#bytes, crc32: this.#crc32 }
  }

  /** Leaves nothing behind. Never throws. */
  async abort(): Promise<void> {
    const { store, key } = this.#options
    if (this.#writer === null) return
    await this.#writer.abort()
    await store.delete([key]).catch(() => undefined)
  }

  #take(error: DunlinError, text: () => RecordText): boolean {
    const { signal, quiet, stage, task } = this.#options
    if (!isSkipped(error, { stopping: signal.aborted })) return false
    if (quiet) return true
    const { code, place } = error
    const message = cutMessage(error.message)
    const { text: record, whole } = text()
    const letter: DeadLetter = {
      stage,
      task,
      operator: place.operator ?? null,
      code,
      error: message,
      at: place.at ?? null,
      record,
      whole,
    }
    const line = `${JSON.stringify(letter)}\n`
    this.#waiting.push(line)
    this.waitingBytes += line.length
    this.records++
    this.#keep(error, message)
    return true
  }

  get failures(): readonly CountedFailure[] {
    return [...this.#kinds.values()].map(({ failure, count }) => ({ ...failure, count }))
  }

  /** Without dunlin's own stack: it is the same for all; that of the user's function is in the cause. */
  #keep(error: DunlinError, message: string): void {
    const kind = failureKind({ code: error.code, message, place: error.place })
    const known = this.#kinds.get(kind)
    if (known !== undefined) known.count++
    else if (this.#kinds.size < KINDS_KEPT) {
      const { stage, task } = this.#options
      const { stack: _, ...failure } = toFailure(error.at({ stage, task }))
      this.#kinds.set(kind, { failure: { ...failure, message }, count: 1 })
    }
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.waitingBytes = 0
    const { store, key, signal } = this.#options
    this.#writer ??= await store.writer(key, { signal })
    this.#crc32 = crc32(bytes, this.#crc32)
    this.#bytes += bytes.byteLength
    await this.#writer.write(bytes)
  }
}

const cutMessage = (message: string): string =>
  message.length <= MESSAGE_CHARS ? message : `${message.slice(0, MESSAGE_CHARS)}…`
