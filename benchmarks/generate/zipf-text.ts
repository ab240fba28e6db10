/** Seeded text: lines of words drawn by Zipf's law (exponent 1), the same bytes for the same options everywhere. */
import { createRandom32 } from './random32.ts'
import { createVocabulary } from './vocabulary.ts'

export interface ZipfTextOptions {
  readonly seed: number
  /** The text ends with the line in which this many bytes are reached. */
  readonly sizeBytes: number
  /** Distinct words that may be drawn. Default 200,000. */
  readonly words?: number
  /** Share of the vocabulary, in [0, 1], that is written with letters outside ASCII. Default 0. */
  readonly nonAscii?: number
  /** Default `lf`. `mixed` ends about every other line with CRLF. */
  readonly lineEnds?: 'lf' | 'crlf' | 'mixed'
}

const PIECE_BYTES = 1 << 20
/** No line is longer: 16 words of at most `MAX_WORD_BYTES`, marks, blanks and the line's end. */
const MAX_LINE_BYTES = 1024
/** Words stand 32 bytes apart in one array: the start of a word is a shift, not a look-up. */
const SLOT_SHIFT = 5
const MAX_WORD_BYTES = 30

/**
 * Yields the text in pieces of about 1 MB. A piece is a view on a buffer that the next one overwrites: write or
 * copy it before asking for more.
 *
 * @example
 * for (const piece of zipfText({ seed: 1, sizeBytes: 1e9 })) writeSync(file, piece)
 */
export function* zipfText(options: ZipfTextOptions): Generator<Uint8Array> {
  const buffer = new Uint8Array(PIECE_BYTES + MAX_LINE_BYTES)
  const fill = lineWriter(options, buffer)
  for (let written = 0; written < options.sizeBytes; ) {
    const length = fill(Math.min(PIECE_BYTES, options.sizeBytes - written))
    written += length
    yield buffer.subarray(0, length)
  }
}

/** A function that fills the buffer with whole lines until `enough` bytes are there, and says how many are. */
function lineWriter(options: ZipfTextOptions, buffer: Uint8Array): (enough: number) => number {
  const { seed, words = 200_000, nonAscii = 0, lineEnds = 'lf' } = options
  const slots = wordSlots(createVocabulary({ seed, words, nonAscii }))
  const { threshold, alias } = zipfAliases(words)
  const random = createRandom32(seed)
  const target = new DataView(buffer.buffer)
  const crlf = lineEnds === 'crlf' ? 0 : lineEnds === 'mixed' ? 1 : -1

  return enough => {
    let at = 0
    while (at < enough) {
      let capital = true
      let wordsLeft = 6 + (random() & 7)
      for (;;) {
        // The high part of the product is a number in [0, words) without the bias and cost of a division.
        let word = Math.floor((random() / 4294967296) * words)
        const bits = random()
        if (bits >>> 8 >= threshold[word]!) word = alias[word]!
        const slot = word << SLOT_SHIFT
        const length = slots.getUint8(slot)
        // Whole steps of 8 bytes, past the end of the word: what follows overwrites it.
        for (let i = 0; i < length; i += 8) {
          target.setInt32(at + i, slots.getInt32(slot + 1 + i))
          target.setInt32(at + i + 4, slots.getInt32(slot + 5 + i))
        }
        if (capital && buffer[at]! >= 0x61 && buffer[at]! <= 0x7a) buffer[at]! -= 32
        at += length
        const mark = bits & 0x1f
        capital = mark === 1
        if (mark < 2) buffer[at++] = mark === 0 ? 0x2c : 0x2e
        if (--wordsLeft === 0) break
        buffer[at++] = 0x20
      }
      if (crlf === 0 || (crlf === 1 && (random() & 1) === 0)) buffer[at++] = 0x0d
      buffer[at++] = 0x0a
    }
    return at
  }
}

/** Each word's length and bytes in a slot of its own. */
function wordSlots(vocabulary: readonly string[]): DataView {
  const encoder = new TextEncoder()
  const slots = new Uint8Array((vocabulary.length + 1) << SLOT_SHIFT)
  vocabulary.forEach((word, i) => {
    const bytes = encoder.encode(word)
    if (bytes.length > MAX_WORD_BYTES)
      throw new Error(`the word ${word} has more than ${MAX_WORD_BYTES} bytes`)
    slots[i << SLOT_SHIFT] = bytes.length
    slots.set(bytes, (i << SLOT_SHIFT) + 1)
  })
  return new DataView(slots.buffer)
}

/**
 * Vose's alias method: one array access draws from any distribution. Weights are 1/rank: divisions and additions
 * only, so that every machine gets the same tables.
 */
function zipfAliases(words: number): { threshold: Uint32Array; alias: Uint32Array } {
  const whole = 1 << 24
  let sum = 0
  for (let rank = 1; rank <= words; rank++) sum += 1 / rank
  const scaled = new Float64Array(words)
  const small: number[] = []
  const large: number[] = []
  for (let i = 0; i < words; i++) {
    scaled[i] = words / (i + 1) / sum
    ;(scaled[i]! < 1 ? small : large).push(i)
  }
  const threshold = new Uint32Array(words).fill(whole)
  const alias = Uint32Array.from({ length: words }, (_, i) => i)
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!
    const high = large.pop()!
    threshold[low] = Math.floor(scaled[low]! * whole)
    alias[low] = high
    scaled[high] = scaled[high]! - (1 - scaled[low]!)
    ;(scaled[high]! < 1 ? small : large).push(high)
  }
  return { threshold, alias }
}
