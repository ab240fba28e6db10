/** Near misses are found, far ones are not guessed. */
import { expect, test } from 'vitest'
import { nearestName } from '../../../operators/batch/nearest-name.ts'

test.each([
  ['contry', 'country'],
  ['Country', 'country'],
  ['amuont', 'amount'],
  ['amounts', 'amount'],
  ['total', undefined],
  ['x', undefined],
  ['', undefined],
])('%j → %j', (name, nearest) => {
  expect(nearestName(name, ['country', 'amount', 'id'])).toBe(nearest)
})
