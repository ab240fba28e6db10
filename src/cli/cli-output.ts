/** Where a verb's words go: data to stdout, what is said to people to stderr. */
import { type Palette, PLAIN, paletteOf } from './palette.ts'

export interface CliOutput {
  /** Data: a line or more on stdout. */
  data(text: string): void
  /** Data as JSON on stdout, with two blanks of indentation. */
  json(value: unknown): void
  /** A line for people on stderr; nothing under `--quiet`. */
  say(text: string): void
  /** A line for people on stderr, always. */
  warn(text: string): void
  /** Colours of stdout and of stderr: one may be a terminal and the other a pipe. */
  readonly outPalette: Palette
  readonly errPalette: Palette
  /** Columns of the terminal that `data` goes to, at most 100; 80 where it is none. */
  readonly width: number
  /** Columns of that terminal, however many; infinite where it is none, so that nothing is cut for a pipe. */
  readonly columns: number
}

const WIDEST = 100

export function cliOutput(options: { readonly quiet?: boolean; readonly json?: boolean }): CliOutput {
  const { stdout, stderr } = process
  return {
    data: text => void stdout.write(`${text}\n`),
    json: value => void stdout.write(`${JSON.stringify(value, jsonValue, 2)}\n`),
    say: text => void (options.quiet === true || stderr.write(`${text}\n`)),
    warn: text => void stderr.write(`${text}\n`),
    outPalette: options.json === true ? PLAIN : paletteOf(stdout),
    errPalette: paletteOf(stderr),
    width: Math.min(WIDEST, stdout.columns ?? 80),
    columns: stdout.columns ?? Number.POSITIVE_INFINITY,
  }
}

/** JSON has no bigint. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
