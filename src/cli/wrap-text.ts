/** Breaks lines of `label    text` at blanks, so that what goes on stands below the text. Pure. */
import { textWidth } from './progress/text-width.ts'

/** A word that is longer than a line stays whole. */
export function wrapText(text: string, width: number): string {
  return text
    .split('\n')
    .map(line => wrapLine(line, width))
    .join('\n')
}

function wrapLine(line: string, width: number): string {
  if (textWidth(line) <= width) return line
  const indent = ' '.repeat(/^ *(?:\S+ {2,})?/.exec(line)![0].length)
  const lines: string[] = []
  let current = line.slice(0, indent.length)
  for (const word of line.slice(indent.length).split(' ')) {
    const longer =
      current.trim() === '' || current.length === indent.length ? current + word : `${current} ${word}`
    if (textWidth(longer) <= width || current.length === indent.length) {
      current = longer
    } else {
      lines.push(current)
      current = indent + word
    }
  }
  return [...lines, current].join('\n')
}
