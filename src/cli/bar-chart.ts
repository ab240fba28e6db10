/** A horizontal bar chart in text. Pure. */
import { type Palette, PLAIN } from './palette.ts'
import { fitText, padText, textWidth } from './progress/text-width.ts'
import { wholeText } from './quantity-text.ts'

export interface Bar {
  readonly label: string
  readonly value: number
}

export interface BarChartOptions {
  /** Columns that the chart may take. */
  readonly width: number
  readonly palette?: Palette
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const WIDEST_LABEL = 24

/** A line a bar: label, bar, value; the longest bar takes all the room. Values are at least 0. */
export function barChart(bars: readonly Bar[], { width, palette = PLAIN }: BarChartOptions): string[] {
  const largest = Math.max(...bars.map(bar => bar.value), 0)
  const labelWidth = Math.min(WIDEST_LABEL, Math.max(...bars.map(bar => textWidth(bar.label)), 0))
  const valueWidth = Math.max(...bars.map(bar => wholeText(bar.value).length), 0)
  const room = Math.max(1, width - labelWidth - valueWidth - 4)
  return bars.map(({ label, value }) => {
    const eighths = largest === 0 ? 0 : Math.round((value / largest) * room * 8)
    const bar = '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]
    const left = ' '.repeat(labelWidth - textWidth(fitText(label, labelWidth))) + fitText(label, labelWidth)
    return `${left}  ${palette.accent(padText(bar, room))}  ${wholeText(value).padStart(valueWidth)}`
  })
}
