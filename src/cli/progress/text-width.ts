/** How many columns of a terminal a text takes, and cutting it to fit. */
import { stripVTControlCharacters } from 'node:util'

const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60\u3001-\u303e]/u
const NOTHING = /[\p{M}\p{Cf}\p{Cc}]/u

function graphemeWidth(character: string): number {
  return NOTHING.test(character) ? 0 : WIDE.test(character) ? 2 : 1
}

/** Columns of `text`, escape codes apart. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += graphemeWidth(character)
  return width
}

/** `text` if it fits, else as much of it as does with an ellipsis. The text must not hold escape codes. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let kept = ''
  let taken = 1
  for (const character of text) {
    taken += graphemeWidth(character)
    if (taken > width) break
    kept += character
  }
  return width < 1 ? '' : `${kept.trimEnd()}…`
}

/** `text` with blanks after it up to `width` columns. */
export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)))
}
