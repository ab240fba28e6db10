/** The draft of a sort: keys that functions compute become columns for as long as they are needed. */
import type { FunctionRef, SortKeySpec } from '../../operators/index.ts'
import type { LogicalSortKey, Resources, SortNode, TopNode, UserFunction } from '../logical.ts'
import { type DraftNode, type StepDraft, stepDraft } from './draft.ts'

/** Gives a user's function as plans name it. */
export type FunctionRefs = (fn: UserFunction, at: string | undefined) => FunctionRef

/** No column of a user's starts so: names of columns have no NUL. */
const hiddenColumn = (key: number): string => `\u0000sort${key}`

function keySpec(key: LogicalSortKey, index: number, name: string): SortKeySpec {
  const { direction, nulls } = key
  if (key.kind === 'column') return { column: key.column, direction, nulls }
  return { column: hiddenColumn(index), direction, nulls, name: name === '' ? '(computed)' : `${name}()` }
}

/** `sort` or `top` without its limit. */
export function sortDraft(
  { keys, at }: SortNode | TopNode,
  input: DraftNode,
  resources: Resources,
  refs: FunctionRefs,
): StepDraft {
  const computed = keys.flatMap((key, i) =>
    key.kind === 'function' ? [{ as: hiddenColumn(i), fn: refs(key.fn, at) }] : [],
  )
  const names = new Map(computed.map(({ as, fn }) => [as, fn.name]))
  const specs = keys.map((key, i) => keySpec(key, i, names.get(hiddenColumn(i)) ?? ''))
  if (computed.length === 0) return stepDraft({ op: 'sort', keys: specs }, input, resources)
  const added = stepDraft({ op: 'addColumns', columns: computed }, input, resources)
  const sorted = stepDraft({ op: 'sort', keys: specs }, added, resources)
  return stepDraft({ op: 'dropColumns', columns: computed.map(({ as }) => as) }, sorted, resources)
}
