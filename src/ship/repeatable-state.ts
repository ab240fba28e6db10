/** Initialisers that are evaluated again must not use what shipped code changes: it has been changed once already. */
import type { Capture } from './capture.ts'
import type { Piece } from './module-writer.ts'

const NAME = /[\p{ID_Continue}$]+\$d\d+(?![\p{ID_Continue}$])/gu

/** A variable that is made again on the worker, and how the capture came to it. */
export interface Reevaluated {
  /** Its name in the module. */
  readonly text: string
  readonly name: string
  readonly path: readonly string[]
  readonly at: string | undefined
}

function namesIn(pieces: readonly Piece[]): string[] {
  return pieces.flatMap(piece => {
    const text = typeof piece === 'string' ? piece : typeof piece === 'object' ? piece.text : undefined
    return text === undefined ? [] : [...text.matchAll(NAME)].map(([name]) => name)
  })
}

/** Refuses what is made again by code that reaches a variable to which shipped code assigns. */
export function checkRepeatableState(c: Capture): void {
  if (c.reevaluated.length === 0 || c.assigned.size === 0) return
  // The first name of a statement is what it declares or changes.
  const uses = new Map<string, Set<string>>()
  for (const statement of c.statements) {
    const [subject, ...others] = namesIn(statement)
    if (subject === undefined) continue
    const known = uses.get(subject) ?? new Set()
    uses.set(subject, known)
    for (const other of others) known.add(other)
  }
  for (const { text, name, path, at } of c.reevaluated) {
    const reached = new Set([text])
    for (const from of reached) for (const to of uses.get(from) ?? []) reached.add(to)
    const changed = [...reached].find(one => one !== text && c.assigned.has(one))
    if (changed === undefined) continue
    c.trail.push(...path)
    c.places.push(...path.map(() => at))
    c.refuse(
      `${name} cannot be copied, and what makes it uses ${changed.replace(/\$d\d+$/, '')}, which shipped code changes: made again it would be another value`,
      { hint: 'create it inside the function, or move it to a file of its own and import it' },
    )
  }
}
