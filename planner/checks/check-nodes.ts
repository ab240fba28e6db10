/** Checks each node by itself: numbers in range, names not twice. */
import type { LogicalNode, Source } from '../logical.ts'
import { checkMaxPartitions } from '../max-partitions.ts'
import { rangeCount } from '../splits.ts'
import { checkJoin } from './check-join.ts'
import { refuse } from './refuse.ts'
import { verbOf } from './verb.ts'

function whole(verb: string, name: string, value: number | undefined, least: number, at?: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  refuse(`${verb}: ${name} must be a whole number from ${least}, not ${String(value)}`, { at })
}

function namedOnce(verb: string, names: readonly string[], at?: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  refuse(`${verb}: two columns of the result would be called ${twice}`, {
    at,
    hint: 'Give one of them another name.',
  })
}

function keysGiven(verb: string, keys: readonly unknown[], at?: string): void {
  if (keys.length === 0) refuse(`${verb}: no key is given`, { at })
}

function checkSource(source: Source, at?: string): void {
  if (source.kind === 'files' && source.uris.length === 0) refuse('read: no path is given', { at })
  if (source.kind !== 'range') return
  const { start, end, step } = source
  if (step === 0 || ![start, end, step].every(Number.isFinite)) {
    refuse(`range: ${start} to ${end} by ${step} is not a sequence of numbers`, { at })
  }
  whole('range', 'the count', rangeCount(source), 0, at)
  whole('range', 'splitRows', source.splitRows, 1, at)
}

/** @throws DunlinError `INVALID_PLAN` naming the verb and the argument. */
export function checkNode(node: LogicalNode): void {
  const { at } = node
  switch (node.kind) {
    case 'scan':
      checkSource(node.source, at)
      whole('read', 'splitBytes', node.splitBytes, 1, at)
      return
    case 'mapBatches':
      whole('mapBatches', 'size', node.size, 1, at)
      return
    case 'limit':
      whole('limit', 'rows', node.rows, 0, at)
      return
    case 'sort':
    case 'distinctBy':
      keysGiven(verbOf(node), node.keys, at)
      return
    case 'top':
      keysGiven('top', node.keys, at)
      whole('top', 'rows', node.rows, 0, at)
      return
    case 'sample':
      if (!(node.fraction >= 0 && node.fraction <= 1)) {
        refuse(`sample: fraction must be a number from 0 to 1, not ${String(node.fraction)}`, { at })
      }
      whole('sample', 'seed', node.seed, Number.MIN_SAFE_INTEGER, at)
      return
    case 'repartition':
      whole('repartition', 'partitions', node.partitions, 1, at)
      checkMaxPartitions('repartition', node.partitions, at)
      if (node.keys !== undefined) keysGiven('repartition', node.keys, at)
      return
    case 'join':
      checkJoin(node)
      return
    case 'union':
      if (node.inputs.length === 0) refuse('union: no dataset is given', { at })
      return
    case 'select': {
      if (node.columns.length === 0) refuse('select: no column is named', { at })
      const names = node.columns.map(({ as }) => as)
      namedOnce('select', names, at)
      return
    }
    case 'aggregate': {
      const keys = node.keys === 'all' ? [] : node.keys
      const names = [...keys, ...node.aggregations].map(({ as }) => as)
      if (names.length === 0 && node.keys !== 'all')
        refuse('aggregate: neither a key nor an aggregation is given', { at })
      namedOnce('aggregate', names, at)
      return
    }
    case 'with':
      for (const [name, value] of Object.entries(node.resources))
        whole('with', name, value as number | undefined, 1, at)
      checkMaxPartitions('with', node.resources.partitions, at)
      return
    case 'map':
    case 'flatMap':
    case 'filter':
    case 'words':
    case 'intersect':
    case 'except':
      return
  }
}
