/** A table in text: columns line up, as wide as their longest cell. Pure. */
import { type Palette, PLAIN } from './palette.ts'
import { padText, textWidth } from './progress/text-width.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  palette: Palette = PLAIN,
): string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(textWidth(title), ...rows.map(row => textWidth(row[i]!))),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const blanks = ' '.repeat(widths[i]! - textWidth(cell))
        return columns[i]!.align === 'right' ? blanks + cell : padText(cell, widths[i]!)
      })
      .join('  ')
      .trimEnd()
  return [palette.dim(line(columns.map(column => column.title))), ...rows.map(line)]
}
