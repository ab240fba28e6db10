/** Colours of the terminal, or none of them. */
import { styleText } from 'node:util'

export interface Palette {
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
  warn(text: string): string
  accent(text: string): string
}

const plain = (text: string): string => text

export const PLAIN: Palette = { bold: plain, dim: plain, good: plain, bad: plain, warn: plain, accent: plain }

const style =
  (format: Parameters<typeof styleText>[0]) =>
  (text: string): string =>
    styleText(format, text, { validateStream: false })

export const COLOURS: Palette = {
  bold: style('bold'),
  dim: style('dim'),
  good: style('green'),
  bad: style('red'),
  warn: style('yellow'),
  accent: style('cyan'),
}

/** Colours where the stream is a terminal that shows them; NO_COLOR and FORCE_COLOR have their way. */
export function paletteOf(stream: NodeJS.WriteStream): Palette {
  return stream.isTTY === true && stream.hasColors() ? COLOURS : PLAIN
}
