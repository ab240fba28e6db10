/** JoinPlan: what a join's spec says, side by side with what follows from it. */
import { DunlinError } from '../errors.ts'
import type { JoinSpec } from '../spec.ts'

/** 0 is the left, 1 the right: also the numbers of a join's inputs. */
export type Side = 0 | 1
export const LEFT: Side = 0
export const RIGHT: Side = 1
export const SIDE_NAMES = ['left', 'right'] as const

export interface KeyPair {
  readonly left: string
  readonly right: string
}

export interface JoinPlan {
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  readonly built: Side
  readonly streamed: Side
  /**
   * `pairs` of rows of both sides, or rows of the streamed side that have a match, or those that have none. The latter
   * two need no more of the built side than one row of each key.
   */
  readonly result: 'pairs' | 'matched' | 'unmatched'
  /** Rows of the streamed side that match nothing are in the result. */
  readonly keepStreamed: boolean
  /** Rows of the built side that match nothing are in the result. */
  readonly keepBuilt: boolean
  readonly keys: readonly KeyPair[] | 'all'
  /** The names of the key columns by side. */
  readonly keyNames: readonly [readonly string[] | 'all', readonly string[] | 'all']
  readonly nullsEqual: boolean
  readonly suffix: string | undefined
}

export function joinPlan(spec: Omit<JoinSpec, 'inputs'>, operator: string): JoinPlan {
  const { how, nullsEqual, suffix } = spec
  const keys = how === 'cross' ? [] : spec.on
  if (keys === 'all' && !nullsEqual) {
    // A column that one side lacks is null there; were null not equal to null, such rows would match nothing.
    throw new DunlinError('INTERNAL', `${operator}: a join by all columns has to take nulls as equal`)
  }
  const exists = how === 'semi' || how === 'anti'
  const built = exists || spec.build === 'right' ? RIGHT : LEFT
  const keepLeft = how === 'left' || how === 'full' || how === 'anti'
  const keepRight = how === 'right' || how === 'full'
  return {
    operator,
    built,
    streamed: built === LEFT ? RIGHT : LEFT,
    result: how === 'semi' ? 'matched' : how === 'anti' ? 'unmatched' : 'pairs',
    keepStreamed: built === LEFT ? keepRight : keepLeft,
    keepBuilt: built === LEFT ? keepLeft : keepRight,
    keys,
    keyNames: keys === 'all' ? ['all', 'all'] : [keys.map(key => key.left), keys.map(key => key.right)],
    nullsEqual,
    suffix,
  }
}
