/** What is shipped to workers, as people read it: `explain` with `code`. */
import { DunlinError } from '../../operators/index.ts'
import { functionsOf, type LogicalPlan } from '../../planner/index.ts'
import { type ShippedModule, ship } from '../ship/ship.ts'

const CAPTURED_SHOWN = 20
const LABEL_WIDTH = 9

function sizeText(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** A label in front of the first line. */
function block(label: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL_WIDTH)} ${line}`)
}

/** Size, packages, captured values and warnings; the largest first. */
export function codeText(shipped: ShippedModule | null): string {
  if (shipped === null) return 'Code: none, since no function was given'
  const { hash, source, blobs, functions, packages, warnings } = shipped
  const data = [...blobs.values()].reduce((sum, bytes) => sum + bytes.byteLength, 0)
  const captured = [...shipped.captured].sort((a, b) => b.sizeBytes - a.sizeBytes)
  const more = captured.length - CAPTURED_SHOWN
  const names = functions.map(({ name }) => (name === '' ? '(anonymous)' : name))
  return [
    `Code ${hash.slice(0, 12)} · ${sizeText(source.byteLength)}${data === 0 ? '' : ` and ${sizeText(data)} of data`}`,
    ...block('functions', names),
    ...block(
      'packages',
      packages.length === 0
        ? ['none']
        : packages.map(({ name, version, sizeBytes }) => `${name} ${version} · ${sizeText(sizeBytes)}`),
    ),
    ...block(
      'captured',
      captured.length === 0
        ? ['nothing']
        : [
            ...captured
              .slice(0, CAPTURED_SHOWN)
              .map(({ name, sizeBytes }) => `${name} · ${sizeText(sizeBytes)}`),
            ...(more > 0 ? [`and ${more} more`] : []),
          ],
    ),
    ...block('warnings', warnings.length === 0 ? ['none'] : warnings),
  ].join('\n')
}

/** The error with the refusals of all functions, where it is one of them; else the error itself. */
export async function allRefusals(plan: LogicalPlan, error: unknown): Promise<unknown> {
  if (!(error instanceof DunlinError) || error.code !== 'CANNOT_SHIP') return error
  const refusals: string[] = []
  for (const fn of functionsOf(plan)) {
    const refused = await ship([fn]).catch((thrown: unknown) => thrown)
    if (!(refused instanceof DunlinError)) continue
    const { message, hint, place } = refused
    refusals.push(
      [
        message,
        ...(place.at === undefined ? [] : [`at ${place.at}`]),
        ...(hint === undefined ? [] : [`= ${hint}`]),
      ].join('\n  '),
    )
  }
  const distinct = [...new Set(refusals)]
  // What is refused of functions together only has one message.
  if (distinct.length < 2) return error
  return new DunlinError(
    'CANNOT_SHIP',
    `${distinct.length} functions cannot be shipped\n${distinct.join('\n')}`,
    {
      cause: error.cause,
      place: error.place,
    },
  )
}
