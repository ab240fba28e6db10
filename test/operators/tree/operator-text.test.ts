/** Operators as explain and errors name them. */
import { expect, it } from 'vitest'
import type { OperatorSpec } from '../../../operators/spec.ts'
import { operatorText } from '../../../operators/tree/operator-text.ts'
import { INPUT } from './run-chain.ts'

const fn = (name: string) => ({ fn: 0, name })
const input = INPUT

it.each<[string, OperatorSpec]>([
  ['Input 0', INPUT],
  [
    'FlatMap tokenize → Filter',
    {
      op: 'rows',
      input,
      steps: [
        { kind: 'flatMap', fn: fn('tokenize') },
        { kind: 'filter', fn: fn('') },
      ],
    },
  ],
  ['Async Map fetchPage', { op: 'asyncRows', input, steps: [{ kind: 'map', fn: fn('fetchPage') }] }],
  ['MapBatches embed of 32', { op: 'mapBatches', input, fn: fn('embed'), size: 32 }],
  ['Words', { op: 'words', input }],
  [
    'Select a, b as c',
    {
      op: 'select',
      input,
      columns: [
        { from: 'a', as: 'a' },
        { from: 'b', as: 'c' },
      ],
    },
  ],
  ['Limit 10', { op: 'limit', input, rows: 10 }],
  ['Union', { op: 'union', inputs: [input, input] }],
  [
    'PartialAggregate by value: count',
    {
      op: 'aggregate',
      input,
      phase: 'partial',
      shape: 'object',
      keys: [{ kind: 'column', column: 'value', as: 'value' }],
      aggregations: [{ as: 'count', spec: { op: 'count' } }],
    },
  ],
  [
    'FinalAggregate by country as land, yearOf() as year: sum(amount) as total, longest',
    {
      op: 'aggregate',
      input,
      phase: 'final',
      shape: 'object',
      keys: [
        { kind: 'column', column: 'country', as: 'land' },
        { kind: 'function', fn: fn('yearOf'), as: 'year' },
      ],
      aggregations: [
        { as: 'total', spec: { op: 'sum', column: 'amount' } },
        { as: 'longest', spec: { op: 'user', init: fn('a'), add: fn('b'), merge: fn('c'), finish: fn('d') } },
      ],
    },
  ],
  [
    'Sort by count desc, name nulls first, yearOf() desc',
    {
      op: 'sort',
      input,
      keys: [
        { column: 'count', direction: 'desc', nulls: 'last' },
        { column: 'name', direction: 'asc', nulls: 'first' },
        { column: '\u0000sort0', name: 'yearOf()', direction: 'desc', nulls: 'last' },
      ],
    },
  ],
  [
    'Top 3 by (computed)',
    { op: 'top', input, rows: 3, keys: [{ column: '\u0000sort0', direction: 'asc', nulls: 'last' }] },
  ],
  [
    'FinalDistinct by a, (computed)',
    { op: 'distinctBy', input, keys: ['a', '\u0000distinct0'], phase: 'final' },
  ],
  ['Sample 12.5 %', { op: 'sample', input, fraction: 0.125, seed: 0 }],
  [
    'Left join on customer = id, right side in memory',
    {
      op: 'join',
      inputs: [input, input],
      how: 'left',
      on: [{ left: 'customer', right: 'id' }],
      nullsEqual: false,
      build: 'right',
    },
  ],
  [
    'Aggregate by all columns',
    { op: 'aggregate', input, phase: 'complete', shape: 'object', keys: 'all', aggregations: [] },
  ],
])('%s', (text, spec) => {
  expect(operatorText(spec)).toBe(text)
})
