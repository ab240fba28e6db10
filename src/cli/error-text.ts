/** An error as a person needs it: what happened, where, what to do, and their own frames of the stack. Pure. */
import { DunlinError, type ErrorCode, toFailure } from '../../operators/index.ts'
import { failureKind } from '../events/first-failures.ts'
import { failureLines } from './failures-text.ts'
import { type Palette, PLAIN } from './palette.ts'
import { placeText } from './place-text.ts'

const FRAMES_SHOWN = 6
/** Frames of Node, of dunlin and of the module that the user's functions were bundled into. */
const FOREIGN_FRAME =
  /\(?(?:node:|data:|.*\/dunlin\/(?:dist|src|operators)\/|.*\/node_modules\/commander\/|.*\/code\/[0-9a-f]{64}\.mjs|<anonymous>)/

/** Errors whose `at` is a place in somebody's program, not in their data. */
const IN_SOURCE: ReadonlySet<ErrorCode> = new Set(['USER_FUNCTION', 'CANNOT_SHIP'])

export interface ErrorTextOptions {
  readonly palette?: Palette
  /** How paths and URLs of dunlin's own code begin, whose frames are left out. */
  readonly own?: readonly string[]
  /** Gives the lines of source around a place. */
  readonly codeFrame?: (at: string) => string | undefined
}

export function errorText(
  thrown: unknown,
  { palette = PLAIN, own = [], codeFrame }: ErrorTextOptions = {},
): string {
  if (!(thrown instanceof DunlinError)) return foreignText(thrown, palette, own)
  const failure = toFailure(thrown)
  const lines = [`${palette.bad('✖')} ${palette.bold(failure.message)}`]
  const line = (label: string, text: string) =>
    lines.push(`  ${palette.dim(label.padEnd(7))} ${text.replaceAll('\n', '\n          ')}`)
  const where = placeText(failure.place)
  if (where !== '') line('where', where)
  const { at } = failure.place
  const frame = at === undefined || !IN_SOURCE.has(failure.code) ? undefined : codeFrame?.(at)
  if (frame !== undefined) line('', palette.dim(frame))
  if (failure.place.record !== undefined) line('record', failure.place.record)
  for (const cause of failure.causes) {
    const properties = cause.properties === undefined ? '' : ` ${JSON.stringify(cause.properties)}`
    const text = `${cause.name}: ${cause.message}${properties}`
    if (!failure.message.includes(cause.message) || cause.message === '' || properties !== '')
      line('cause', text)
  }
  if (failure.hint !== undefined) line('hint', palette.accent(failure.hint))
  const kind = failureKind(failure)
  const { failures = [] } = thrown
  const alike = failures.find(one => failureKind(one) === kind)?.count ?? 1
  line('code', alike > 1 ? `${failure.code}, ${alike} times` : failure.code)
  const others = failureLines(failures.filter(one => failureKind(one) !== kind))
  if (others.length > 0) line('also', others.join('\n'))
  const stack = failure.causes.find(cause => cause.stack !== undefined)?.stack
  const frames = failure.code === 'INTERNAL' ? framesOf(stack ?? failure.stack) : userFrames(stack, own)
  return [...lines, ...frames.map(frame => palette.dim(`    ${frame}`))].join('\n')
}

/** What the user's own program threw, outside any job; or dunlin, by mistake: then its own frames are all there is. */
function foreignText(thrown: unknown, palette: Palette, own: readonly string[]): string {
  if (!(thrown instanceof Error)) return `${palette.bad('✖')} ${palette.bold(`thrown: ${String(thrown)}`)}`
  const users = userFrames(thrown.stack, own)
  const frames =
    users.length > 0 ? users : framesOf(thrown.stack).filter(frame => !frame.includes('node:internal'))
  return [
    `${palette.bad('✖')} ${palette.bold(`${thrown.name}: ${thrown.message}`)}`,
    ...frames.map(frame => palette.dim(`    ${frame}`)),
  ].join('\n')
}

function framesOf(stack: string | undefined): string[] {
  return (stack ?? '')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line.startsWith('at '))
}

/** The frames of neither Node nor dunlin, the innermost first. */
export function userFrames(stack: string | undefined, own: readonly string[]): string[] {
  return framesOf(stack)
    .filter(frame => {
      const file = frame.replace(/^at (?:async )?/, '').replace(/^.*? \((.*)\)$/, '$1')
      return !FOREIGN_FRAME.test(file) && !own.some(start => file.startsWith(start))
    })
    .slice(0, FRAMES_SHOWN)
}
