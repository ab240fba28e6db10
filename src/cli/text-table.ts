/** A table in text: columns line up, as wide as their longest cell; the last may be cut. Pure. */
import { type Palette, PLAIN } from './palette.ts'
import { fitText, padText, textWidth } from './progress/text-width.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const GAP = '  '

export interface TextTableOptions {
  readonly palette?: Palette
  /** Columns of the terminal: cells of the last column are cut to it, as far as that helps. */
  readonly width?: number
}

export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { palette = PLAIN, width = Number.POSITIVE_INFINITY }: TextTableOptions = {},
): string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(textWidth(title), ...rows.map(row => textWidth(row[i]!))),
  )
  const last = columns.length - 1
  const room = width - widths.slice(0, last).reduce((sum, one) => sum + one + GAP.length, 0)
  widths[last] = Math.min(widths[last]!, Math.max(textWidth(columns[last]!.title), room))
  const line = (cells: readonly string[]): string =>
    cells
      .map((whole, i) => {
        const cell = i === last ? fitText(whole, widths[i]!) : whole
        const blanks = ' '.repeat(widths[i]! - textWidth(cell))
        return columns[i]!.align === 'right' ? blanks + cell : padText(cell, widths[i]!)
      })
      .join(GAP)
      .trimEnd()
  return [palette.dim(line(columns.map(column => column.title))), ...rows.map(line)]
}
