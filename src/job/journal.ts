/**
 * The journal of a job: its events, a line of JSON each, in numbered segments. A segment is appended by exclusive create
 * at the next number, so the journal is a log with one writer: of two drivers that write the same number one is told that
 * it has lost the job, and nothing that it did afterwards counts.
 */
import { crc32 } from 'node:zlib'
import { DunlinError } from '../../operators/index.ts'
import type { JobEvent } from '../events/job-event.ts'
import type { Clock, Timer } from '../ports/ports.ts'
import { getIfPresent } from '../store/get-if-present.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { putOnce } from '../store/put-once.ts'
import { readAhead } from '../store/read-ahead.ts'
import { jobKeys } from './job-records.ts'
import { JournalDecoder, JournalEncoder } from './journal-lines.ts'

/** A segment is written when it has so many events, or when its first one is so old. */
const SEGMENT_EVENTS = 1_000
const SEGMENT_AGE_MS = 1_000
/** Events that may wait for the store before the writer asks for time: some MB. */
const WAITING_EVENTS = 8_000
/** Segments on their way while one is read, as large as they usually are. */
const SEGMENTS_AHEAD = 8
const SEGMENT_BYTES = 256 * 1024
const AHEAD_BYTES = SEGMENTS_AHEAD * SEGMENT_BYTES
/** Segment names sort as text up to this many digits. */
const SEQUENCE_DIGITS = 8

/**
 * Events that have to be in the journal before anything is done that follows from them: another driver would otherwise
 * decide again, and differently.
 */
const DECISIONS: ReadonlySet<JobEvent['type']> = new Set([
  'stageReused',
  'stageSkipped',
  'taskRemade',
  'manifestRemade',
  'jobTakenOver',
  'jobReopened',
  'jobEnding',
])

export interface JournalOptions {
  readonly store: ObjectStore
  readonly job: string
  readonly clock: Clock
  /** Number of the first segment to write; default 0. */
  readonly sequence?: number
  /** What tells this writer's segments from those of others. */
  readonly writer: string
}

/**
 * Writes segments one after another, in order.
 *
 * @example
 * const journal = new JournalWriter({ store, job, clock, writer: holder.nonce })
 * await runJob({ …, onEvent: event => journal.add(event) })
 * await journal.close()
 */
export class JournalWriter {
  readonly #options: JournalOptions
  readonly #encoder: JournalEncoder
  #lines: string[] = []
  #timer: Timer | null = null
  #sequence: number
  /** Lines handed to the store that it has not confirmed. */
  #unconfirmed = 0
  /** Settles with the last write asked for; rejects from the first that failed on. */
  #written: Promise<void> = Promise.resolve()
  #hasFailed = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#encoder = new JournalEncoder()
    this.#sequence = options.sequence ?? 0
  }

  /**
   * A promise asks the caller to wait: for a decision to be written, or since the store is behind, or has failed (then
   * it rejects).
   */
  add(event: JobEvent): void | Promise<void> {
    this.#lines.push(this.#encoder.encode(event))
    const decides = DECISIONS.has(event.type)
    if (decides || this.#lines.length >= SEGMENT_EVENTS) this.#flush()
    else this.#timer ??= this.#options.clock.after(SEGMENT_AGE_MS, () => this.#flush())
    return decides || this.#hasFailed || this.#unconfirmed >= WAITING_EVENTS ? this.#written : undefined
  }

  /** Events that count together or not at all: one segment has them. Resolves when it is written. */
  addAll(events: readonly JobEvent[]): Promise<void> {
    for (const event of events) this.#lines.push(this.#encoder.encode(event))
    this.#flush()
    return this.#written
  }

  /** Writes what is left; rejects where any segment could not be written. */
  async close(): Promise<void> {
    this.#flush()
    await this.#written
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#unconfirmed += lines.length
    const sequence = this.#sequence++
    this.#written = this.#written.then(async () => {
      const { store, job, writer } = this.#options
      await appendSegment(store, { job, sequence, writer, lines })
      this.#unconfirmed -= lines.length
    })
    // It is reported by `add` and `close`; until one of them is called, it is not unhandled.
    this.#written.catch(() => {
      this.#hasFailed = true
    })
  }
}

interface Segment {
  readonly job: string
  readonly sequence: number
  readonly writer: string
  readonly lines: readonly string[]
}

/** The first line of a segment. */
interface SegmentHead {
  readonly writer: string
  /** Of all bytes behind this line. */
  readonly crc32: number
}

/** @throws LEASE where the number is another writer's: taken by another driver */
async function appendSegment(store: ObjectStore, segment: Segment): Promise<void> {
  const { job, sequence, writer, lines } = segment
  const key = segmentKey(job, sequence)
  const text = `${lines.join('\n')}\n`
  const head: SegmentHead = { writer, crc32: crc32(text) }
  const body = new TextEncoder().encode(`${JSON.stringify(head)}\n${text}`)
  if (await putOnce(store, key, body)) return
  throw new DunlinError('LEASE', `another driver goes on with job ${job}: ${store.uri}${key} is not ours`, {
    hint: 'It has taken the job over while this one was silent. See how it goes with `dunlin jobs show`.',
    place: { job },
  })
}

export interface JournalSegment {
  readonly sequence: number
  readonly events: readonly JobEvent[]
}

/** The segments of a job in order, a few in memory at a time, from `sequence` on. A job without a journal has none. */
export async function* readSegments(
  store: ObjectStore,
  job: string,
  decoder: JournalDecoder,
  sequence = 0,
): AsyncGenerator<JournalSegment> {
  const numbers = { items: numbersFrom(sequence), width: SEGMENTS_AHEAD, maxBytes: AHEAD_BYTES }
  let next = sequence
  for await (const text of readAhead({ ...numbers, sizeOf: () => SEGMENT_BYTES }, number =>
    readSegment(store, job, number),
  )) {
    if (text === undefined) return
    const key = segmentKey(job, next)
    if (text === null) {
      throw new DunlinError(
        'CORRUPT',
        `${store.uri}${key} is not an intact segment of the journal of job ${job}`,
        {
          hint: 'Something outside of the job changed its store. Run the pipeline again.',
          place: { job },
        },
      )
    }
    const events = text
      .split('\n')
      .filter(line => line !== '')
      .map((line, i) => decoder.decode(line, `${store.uri}${key}:${i + 2}`))
    yield { sequence: next++, events }
  }
}

function* numbersFrom(first: number): Generator<number> {
  for (let number = first; ; number++) yield number
}

/** The lines of a segment; undefined where there is none, null where it is not what was written. */
async function readSegment(
  store: ObjectStore,
  job: string,
  sequence: number,
): Promise<string | null | undefined> {
  const key = segmentKey(job, sequence)
  const bytes = await getIfPresent(store, key)
  if (bytes === undefined) return undefined
  // Other bytes than were written are asked for once more: the network, too, turns bits.
  return linesOf(bytes) ?? linesOf(await store.get(key))
}

/** What stands behind the head; null where it is not what was written. */
function linesOf(bytes: Uint8Array): string | null {
  const text = new TextDecoder().decode(bytes)
  const end = text.indexOf('\n')
  try {
    const head = JSON.parse(text.slice(0, end)) as SegmentHead
    const lines = text.slice(end + 1)
    return crc32(lines) === head.crc32 ? lines : null
  } catch {
    return null
  }
}

/** The events of a job in order. */
export async function* readJournal(store: ObjectStore, job: string): AsyncIterable<JobEvent> {
  for await (const { events } of readSegments(store, job, new JournalDecoder())) yield* events
}

/** The highest number of a segment that is there; -1 where there is none. */
export async function lastSegment(store: ObjectStore, job: string): Promise<number> {
  const prefix = jobKeys.journal(job)
  let last = -1
  for await (const { key } of store.list(prefix)) {
    const sequence = Number(key.slice(prefix.length).replace('.jsonl', ''))
    if (Number.isSafeInteger(sequence)) last = Math.max(last, sequence)
  }
  return last
}

/** A segment that is not there, though a later one is. */
export function lostSegmentError(store: ObjectStore, job: string, sequence: number): DunlinError {
  const key = segmentKey(job, sequence)
  return new DunlinError('CORRUPT', `${store.uri}${key} of the journal of job ${job} is lost`, {
    hint: `Something outside of the job removed it. Put it back, or remove the job by \`dunlin jobs clean ${job} --running\` and run the pipeline again.`,
    place: { job },
  })
}

function segmentKey(job: string, sequence: number): string {
  return `${jobKeys.journal(job)}${String(sequence).padStart(SEQUENCE_DIGITS, '0')}.jsonl`
}
