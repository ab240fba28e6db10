/** The factory of gatherers. */
import { BytesGatherer } from './bytes-gatherer.ts'
import type { ColumnGatherer } from './column-gatherer.ts'
import type { ColumnType } from './column-type.ts'
import { BooleanGatherer, FixedBinaryGatherer, FixedGatherer, NullGatherer } from './fixed-gatherers.ts'
import { ListGatherer, StructGatherer } from './nested-gatherers.ts'
import { noNumbers } from './number-array.ts'

const NO_INTEGERS = new BigInt64Array(0)

/** A gatherer of columns of the type. */
export function gathererOf(type: ColumnType): ColumnGatherer {
  switch (type.kind) {
    case 'null':
      return new NullGatherer(type)
    case 'boolean':
      return new BooleanGatherer(type)
    case 'number':
      return new FixedGatherer(type, noNumbers(type.width))
    case 'int64':
    case 'timestamp':
      return new FixedGatherer(type, NO_INTEGERS)
    case 'utf8':
    case 'binary':
      return new BytesGatherer(type)
    case 'fixedBinary':
      return new FixedBinaryGatherer(type)
    case 'list':
      return new ListGatherer(type, gathererOf(type.item))
    case 'struct':
      return new StructGatherer(
        type,
        type.fields.map(f => gathererOf(f.type)),
      )
  }
}
