/** Made-up words, all distinct, the frequent ones short; some, if asked, in letters outside ASCII. */
import { createRandom32 } from './random32.ts'

export interface VocabularyOptions {
  readonly seed: number
  readonly words: number
  /** Share of the words, in [0, 1], that has letters outside ASCII. */
  readonly nonAscii: number
}

const CONSONANTS = 'bcdfghjklmnprstvwz'
const VOWELS = 'aeiou'
const ENDINGS = ['', '', '', 's', 'n', 'ing', 'ed', 'ly', 'er', 'ion']

/**
 * What a counter of words may get wrong: accents, a letter that grows when upper-cased, capitals outside ASCII, the
 * final sigma, a capital whose lower case is a letter and a combining mark, marks and digits that are no letters,
 * letters beyond the basic plane.
 */
const FOREIGN = [
  ['é', 'è', 'ü', 'ñ', 'ø', 'å', 'ç', 'œ'],
  ['ß', 'straße', 'groß'],
  ['É', 'Ü', 'Ñ', 'Ø'],
  ['α', 'βγ', 'ΔΕ', 'λος', 'ΟΔΟΣ', 'Σ'],
  ['ж', 'щи', 'Москва', 'ё', 'ЪЫ'],
  ['İ', 'ı'],
  ['e\u0301', 'n\u0303a'],
  ['日本', '語', '漢字', 'カナ'],
  ['שלום', 'مرحبا'],
  ["'t", '_', '2', '½', '-', '’s'],
  ['𝒳', '𐐀', '𠀀'],
]

/** Word number `i` is the `i`-th most frequent; word 0 is the most frequent of all. */
export function createVocabulary(options: VocabularyOptions): string[] {
  const random = createRandom32(options.seed + 0x5eed)
  const pick = <T>(from: ArrayLike<T>): T => from[random() % from.length]!
  const seen = new Set<string>()
  const vocabulary: string[] = []
  const limit = options.nonAscii * 4294967296
  while (vocabulary.length < options.words) {
    // One syllable more for each factor of 90 in rank: as many as are needed for all to be distinct.
    const syllables = 1 + Math.floor((vocabulary.length.toString(2).length + (random() & 3)) / 7)
    let word = (random() & 3) === 0 ? pick(VOWELS) : ''
    for (let s = 0; s < syllables; s++) word += pick(CONSONANTS) + pick(VOWELS)
    word += pick(ENDINGS)
    if (random() < limit) {
      const foreign = pick(pick(FOREIGN))
      const cut = random() % (word.length + 1)
      word = (word.slice(0, cut) + foreign + word.slice(cut)).slice(0, 14).toWellFormed()
    }
    if (word.includes('\ufffd') || seen.has(word)) continue
    seen.add(word)
    vocabulary.push(word)
  }
  return vocabulary
}
