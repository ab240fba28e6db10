/** Need: which columns of its input a step looks at. */
import type { AggregationSpec, KeySpec, Partitioning, RowStep } from '../../operators/index.ts'
import type { Step } from '../draft/draft.ts'
import type { FunctionFacts } from '../facts.ts'

export type Need =
  /** Every column, and for people why. */
  | { readonly kind: 'all'; readonly why: string }
  | { readonly kind: 'some'; readonly columns: ReadonlySet<string> }

export function all(why: string): Need {
  return { kind: 'all', why }
}

export function some(...columns: string[]): Need {
  return { kind: 'some', columns: new Set(columns) }
}

/** What is needed when both are. */
export function both(a: Need, b: Need): Need {
  if (a.kind === 'all') return a
  if (b.kind === 'all') return b
  return { kind: 'some', columns: new Set([...a.columns, ...b.columns]) }
}

type Functions = ReadonlyMap<number, FunctionFacts>

/** Strings, bytes and pairs have these too: reading one does not tell that the record has columns. */
const ALSO_OF_SCALARS = /^(?:length|byteLength|byteOffset|buffer|\d+)$/

function ofFunction(step: { readonly kind: string; readonly fn: RowStep['fn'] }, functions: Functions): Need {
  const known = functions.get(step.fn.fn)
  if (known === undefined || known.escapes)
    return all(`${step.kind} ${step.fn.name} may see the whole record`)
  const scalar = known.reads.find(column => ALSO_OF_SCALARS.test(column))
  if (scalar !== undefined)
    return all(`${step.kind} ${step.fn.name} reads ${scalar}, which not only objects have`)
  return some(...known.reads)
}

function ofKey(key: KeySpec, functions: Functions): Need {
  return key.kind === 'column' ? some(key.column) : ofFunction({ kind: 'the key', fn: key.fn }, functions)
}

function ofAggregation(spec: AggregationSpec): Need {
  // The facts of a function are about its first argument, which here is the state.
  if (spec.op === 'user') return all(`the aggregation ${spec.add.name} is given whole records`)
  return spec.column === undefined ? some() : some(spec.column)
}

/** What `step` needs of its input so that `above` can be had of its output. */
export function needBelow(step: Step, above: Need, functions: Functions): Need {
  switch (step.op) {
    case 'rows':
    case 'asyncRows': {
      let need = above
      for (const one of [...step.steps].reverse()) {
        const own = ofFunction(one, functions)
        need = one.kind === 'filter' ? both(own, need) : own
      }
      return need
    }
    case 'select':
      // Whatever is looked at above: a column that it names and nobody has is an error.
      return some(...step.columns.map(({ from }) => from))
    case 'aggregate': {
      if (step.keys === 'all') return all('distinct compares every column')
      const parts = [
        ...step.keys.map(key => ofKey(key, functions)),
        ...step.aggregations.map(({ spec }) => ofAggregation(spec)),
      ]
      return parts.reduce(both, some())
    }
    case 'limit':
    case 'sample':
    case 'dropColumns':
      return above
    case 'sort':
    case 'top':
      return both(above, some(...step.keys.map(({ column }) => column)))
    case 'distinctBy':
      return both(above, some(...step.keys))
    case 'addColumns': {
      const added = new Set(step.columns.map(({ as }) => as))
      const kept: Need =
        above.kind === 'all' ? above : some(...[...above.columns].filter(column => !added.has(column)))
      return step.columns.map(({ fn }) => ofFunction({ kind: 'the key', fn }, functions)).reduce(both, kept)
    }
    case 'sampleKeys':
      return some(...step.keys.map(({ column }) => column))
    case 'splitters':
      return some()
    case 'words':
      return some('value')
    case 'mapBatches':
      return all(`mapBatches ${step.fn.name} is given whole records`)
  }
}

/** What an exchange looks at to know where a row goes. */
export function needToDivide(partitioning: Partitioning): Need {
  switch (partitioning.kind) {
    case 'none':
    case 'gather':
    case 'broadcast':
      return some()
    case 'hash':
      return partitioning.keys === 'all' ? all('whole records are divided') : some(...partitioning.keys)
    case 'range':
      return some(...partitioning.keys.map(({ column }) => column))
  }
}
