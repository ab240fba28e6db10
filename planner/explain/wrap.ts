/** Lines of bounded width. */

/** `explain` fits a terminal of 80 columns, also indented by two. */
export const WIDTH = 78

function cut(word: string, width: number): string {
  return word.length <= width ? word : `${word.slice(0, width - 1)}…`
}

/** `label` before the first line, spaces of the same width before the others. Words too long for a line are cut. */
export function labelled(label: string, text: string): string[] {
  const indent = ' '.repeat(label.length)
  const width = WIDTH - label.length
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const fits = line.length + 1 + word.length <= width
    if (line !== '' && !fits) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? cut(word, width) : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((one, i) => (i === 0 ? label : indent) + one)
}
