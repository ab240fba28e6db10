/** Checks a join by itself: what its `how` allows. */
import type { JoinNode } from '../logical.ts'
import { refuse } from './refuse.ts'

/** @throws DunlinError `INVALID_PLAN` naming the option. */
export function checkJoin({ how, on, suffix, strategy, broadcastBytes, divideSkew, at }: JoinNode): void {
  if (how === 'cross' && on.length > 0) {
    refuse('join: a cross join takes no columns to join on', { at, hint: 'It gives every pair of records.' })
  }
  if (how !== 'cross' && on.length === 0) {
    refuse(`join: no column is named in \`on\``, { at, hint: "For every pair of records say how: 'cross'." })
  }
  for (const side of ['left', 'right'] as const) {
    const names = on.map(pair => pair[side])
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice === undefined) continue
    refuse(`join: \`on\` names the column ${JSON.stringify(twice)} of the ${side} twice`, { at })
  }
  if (suffix !== undefined && (how === 'semi' || how === 'anti')) {
    refuse(`join: a ${how} join takes no suffix`, { at, hint: 'It gives records of the left as they are.' })
  }
  if (suffix === '') refuse('join: suffix must be some text', { at })
  if (broadcastBytes !== undefined && !(Number.isSafeInteger(broadcastBytes) && broadcastBytes >= 0)) {
    refuse(`join: broadcastBytes must be a whole number from 0, not ${String(broadcastBytes)}`, { at })
  }
  if (how === 'full' && strategy === 'broadcast') {
    refuse('join: a full join cannot be done by broadcast', {
      at,
      hint: 'Every task would give the unmatched records of the side that all of them read. Leave `strategy` out.',
    })
  }
  if (how === 'cross' && strategy === 'exchange') {
    refuse('join: a cross join cannot be done by an exchange', {
      at,
      hint: 'Every record meets every other, so one side goes to all tasks. Leave `strategy` out.',
    })
  }
  if (how === 'full' && divideSkew === true) {
    refuse('join: the keys of a full join cannot be divided', {
      at,
      hint: 'The unmatched records of both sides are part of the result. Leave `divideSkew` out.',
    })
  }
  if (how === 'cross' && divideSkew === true) {
    refuse('join: a cross join has no keys to divide', { at, hint: 'Leave `divideSkew` out.' })
  }
}
