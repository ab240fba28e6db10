/** The options of a join, checked, as the planner is given them. */
import { DunlinError } from '../../operators/index.ts'
import type { JoinNode } from '../../planner/index.ts'
import { argument } from './arguments.ts'

type JoinFields = Pick<JoinNode, 'how' | 'on' | 'suffix' | 'strategy' | 'broadcastBytes' | 'divideSkew'>

const HOWS: readonly JoinNode['how'][] = ['inner', 'left', 'right', 'full', 'semi', 'anti', 'cross']
const STRATEGIES: readonly JoinNode['strategy'][] = ['auto', 'broadcast', 'exchange']
const OPTIONS = ['on', 'how', 'suffix', 'strategy', 'broadcastBytes', 'divideSkew']

function refuse(message: string, hint: string): never {
  throw new DunlinError('INVALID_ARGUMENT', `join: ${message}`, { hint })
}

function pairsOf(on: unknown): JoinNode['on'] {
  const hint = "Write on: 'customer', on: ['a', 'b'], or on: { leftColumn: 'rightColumn' }."
  const name = (value: unknown): string => argument.text('join', 'a column in on', value)
  const pairs =
    typeof on === 'string'
      ? [{ left: name(on), right: on }]
      : Array.isArray(on)
        ? on.map(column => ({ left: name(column), right: name(column) }))
        : typeof on === 'object' && on !== null
          ? Object.entries(on).map(([left, right]) => ({ left: name(left), right: name(right) }))
          : refuse('on must name the columns that are equal', hint)
  if (pairs.length === 0) refuse('on names no column', hint)
  for (const side of ['left', 'right'] as const) {
    const names = pairs.map(pair => pair[side])
    const twice = names.find((column, i) => names.indexOf(column) !== i)
    if (twice !== undefined)
      refuse(`on names the column ${twice} of the ${side} twice`, 'Name each key once.')
  }
  return pairs
}

/** @throws DunlinError `INVALID_ARGUMENT` naming the option. */
export function joinFields(options: unknown): JoinFields {
  if (typeof options !== 'object' || options === null) {
    refuse('it takes options', "Write join(other, { on: 'column' }).")
  }
  argument.known('join', options, OPTIONS)
  const {
    on,
    how = 'inner',
    suffix,
    strategy = 'auto',
    broadcastBytes,
    divideSkew = 'auto',
  } = options as { readonly on?: unknown } & Partial<JoinFields>
  argument.oneOf('join', 'how', how, HOWS)
  argument.oneOf('join', 'strategy', strategy, STRATEGIES)
  if (divideSkew !== true && divideSkew !== false) argument.oneOf('join', 'divideSkew', divideSkew, ['auto'])
  if (broadcastBytes !== undefined) argument.whole('join', 'broadcastBytes', broadcastBytes, 0)
  if (suffix !== undefined) {
    argument.text('join', 'suffix', suffix)
    if (how === 'semi' || how === 'anti') {
      refuse(`a ${how} join takes no suffix`, "It gives the left's records as they are.")
    }
  }
  if (how === 'full' && strategy === 'broadcast') {
    refuse('a full join cannot be done by broadcast', 'Leave strategy out.')
  }
  if (how === 'cross' && strategy === 'exchange') {
    refuse('a cross join cannot be done by an exchange', 'Leave strategy out.')
  }
  if ((how === 'full' || how === 'cross') && divideSkew === true) {
    refuse(`the keys of a ${how} join cannot be divided`, 'Leave divideSkew out.')
  }
  if (how === 'cross' && on !== undefined) refuse('a cross join takes no on', 'It gives every pair.')
  return {
    how,
    on: how === 'cross' ? [] : pairsOf(on),
    strategy,
    divideSkew,
    ...(suffix === undefined ? {} : { suffix }),
    ...(broadcastBytes === undefined ? {} : { broadcastBytes }),
  }
}
