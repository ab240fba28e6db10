/** PersistentHeap: an immutable priority queue (a leftist heap: Crane 1972), O(log n) to push and to pop. */

/** The empty heap is null. Every right spine is at most log2(n + 1) long, and only right spines are merged. */
export type PersistentHeap<T> = HeapNode<T> | null

interface HeapNode<T> {
  /** The least item. */
  readonly item: T
  /** Length of the right spine. */
  readonly rank: number
  readonly left: PersistentHeap<T>
  readonly right: PersistentHeap<T>
}

export type Compare<T> = (a: T, b: T) => number

export function pushItem<T>(heap: PersistentHeap<T>, item: T, compare: Compare<T>): PersistentHeap<T> {
  return merge(heap, { item, rank: 1, left: null, right: null }, compare)
}

/** The heap without its least item. */
export function popItem<T>(heap: PersistentHeap<T>, compare: Compare<T>): PersistentHeap<T> {
  return heap === null ? null : merge(heap.left, heap.right, compare)
}

function merge<T>(a: PersistentHeap<T>, b: PersistentHeap<T>, compare: Compare<T>): PersistentHeap<T> {
  if (a === null) return b
  if (b === null) return a
  if (compare(a.item, b.item) > 0) return merge(b, a, compare)
  const merged = merge(a.right, b, compare)
  const leftRank = a.left?.rank ?? 0
  const mergedRank = merged?.rank ?? 0
  return leftRank >= mergedRank
    ? { item: a.item, rank: mergedRank + 1, left: a.left, right: merged }
    : { item: a.item, rank: leftRank + 1, left: merged, right: a.left }
}
