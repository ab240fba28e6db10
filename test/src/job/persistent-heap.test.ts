/** PersistentHeap against sorting. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PersistentHeap, popItem, pushItem } from '../../../src/job/persistent-heap.ts'

const ascending = (a: number, b: number): number => a - b

function drained(heap: PersistentHeap<number>): number[] {
  const items: number[] = []
  for (; heap !== null; heap = popItem(heap, ascending)) items.push(heap.item)
  return items
}

test('a heap gives its items in order, whatever order they came in, and an older version still has its own', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.constant('pop' as const))), steps => {
      let heap: PersistentHeap<number> = null
      let model: number[] = []
      const versions: [PersistentHeap<number>, number[]][] = []
      for (const s of steps) {
        versions.push([heap, model])
        if (s === 'pop') {
          heap = popItem(heap, ascending)
          model = model.slice(1)
        } else {
          heap = pushItem(heap, s, ascending)
          model = [...model, s].sort(ascending)
        }
      }
      versions.push([heap, model])
      for (const [h, m] of versions) expect(drained(h)).toEqual(m)
    }),
  )
})

test('a heap of ascending items stays shallow enough to be merged recursively', () => {
  let heap: PersistentHeap<number> = null
  for (let i = 0; i < 50_000; i++) heap = pushItem(heap, i, ascending)
  expect(heap!.rank).toBeLessThan(17)
  expect(drained(heap)[49_999]).toBe(49_999)
})
