/** Merges sorted sequences of batches into one, holding a batch of each. */
import type { Batch } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import type { SortKeySpec } from '../spec.ts'
import { MergeSource } from './merge-source.ts'
import { RowGatherer } from './row-gatherer.ts'
import type { RowSorter } from './row-sorter.ts'

/**
 * Step by step: of all sources' batches, that whose last row comes first is used up, together with the rows of the
 * others that come before that row; these few are sorted like any rows. So merging costs the same for any number of
 * sources, and is radix sort, not comparisons. Ties: earlier sources first.
 *
 * @param sources each sorted by the keys
 * @param options.schema of all that comes out, one that all batches can be cast to
 * @param options.maxBytes of a batch that comes out
 */
export async function* mergeSorted(
  sources: readonly AsyncIterable<Batch>[],
  options: {
    readonly keys: readonly SortKeySpec[]
    readonly schema: Schema
    readonly maxBytes: number
    readonly sorter: RowSorter
  },
): AsyncGenerator<Batch> {
  const gatherer = new RowGatherer(options)
  const all = sources.map(source => new MergeSource(source, options))
  try {
    let left = await refilled(all)
    while (left.length > 0) {
      yield* step(left, gatherer, options.sorter)
      left = await refilled(left)
    }
    yield* gatherer.rest()
  } finally {
    await Promise.all(all.map(source => source.close()))
  }
}

async function refilled(sources: readonly MergeSource[]): Promise<readonly MergeSource[]> {
  const more = await Promise.all(sources.map(source => source.refill()))
  return sources.filter((_, i) => more[i])
}

function step(sources: readonly MergeSource[], gatherer: RowGatherer, sorter: RowSorter): Generator<Batch> {
  let first = 0
  for (let i = 1; i < sources.length; i++) if (sources[i]!.endsBefore(sources[first]!)) first = i
  const until = sources[first]!
  const taken = sources
    .map((source, i) => {
      const from = source.taken
      // Rows equal to the last one of `until`: of earlier sources they come before it, of later ones after all of
      // its equals, of which there may be more in its next batch.
      const to =
        i === first ? source.batch.length : source.endOfThose(i < first ? 'before or with' : 'before', until)
      source.take(to)
      return { batch: source.batch, keys: source.keys, from, to }
    })
    .filter(({ from, to }) => to > from)
  const order = taken.length === 1 ? null : sorter.sort(taken)
  return order === null
    ? passAll(taken, gatherer)
    : gatherer.gather(
        taken.map(({ batch }) => batch),
        order,
      )
}

function* passAll(
  ranges: readonly { readonly batch: Batch; readonly from: number; readonly to: number }[],
  gatherer: RowGatherer,
): Generator<Batch> {
  for (const { batch, from, to } of ranges) yield* gatherer.pass(batch, from, to)
}
