/** Opening what one task reads: splits of sources, rows of exchanges. */
import { type Batch, DunlinError, type Schema } from '../../operators/index.ts'
import type { Stage } from '../../planner/index.ts'
import { type ExchangeCounters, openExchange } from '../shuffle/read-exchange.ts'
import { type ReadCounters, readSplit } from '../source/read-split.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { StageTaskEvent } from './task-event.ts'
import type { TaskPorts } from './task-ports.ts'

export type Counters = ReadCounters & ExchangeCounters

/** What one input of a stage gives to one task. */
export interface OpenInput {
  /** Known for exchanges; null for sources, and where there was no row. */
  readonly schema: Schema | null
  /** To be called once. Batches that are lent are done with when the next is asked for. */
  batches(lent: boolean): AsyncIterable<Batch>
}

const BYTES_PER_MB = 1 << 20

interface InputsFrom {
  readonly ports: TaskPorts
  readonly store: ObjectStore
  readonly counters: Counters
  readonly letters: DeadLetters | null
}

/** Opens what this task reads, by the number of the stage's input. */
export async function openInputs(
  stage: Stage,
  event: StageTaskEvent,
  partitions: readonly (number | null)[],
  to: InputsFrom,
): Promise<ReadonlyMap<number, OpenInput>> {
  const opened = stage.inputs.map(async (_, input): Promise<[number, OpenInput] | null> => {
    const one = await openInput(stage, event, { ...to, input, partition: partitions[input] ?? null })
    return one === null ? null : [input, one]
  })
  return new Map((await Promise.all(opened)).filter(one => one !== null))
}

interface InputToOpen extends InputsFrom {
  readonly input: number
  readonly partition: number | null
}

/** Null where this task reads nothing of the input. */
async function openInput(
  stage: Stage,
  event: StageTaskEvent,
  { input, partition, ports, store, counters, letters }: InputToOpen,
): Promise<OpenInput | null> {
  if (partition === null) return null
  const spec = stage.inputs[input]!
  const { signal, stores } = ports
  if (spec.kind === 'splits') {
    const split = event.splits[input]
    if (split === null || split === undefined) return null
    const columns = spec.columns === undefined ? {} : { columns: spec.columns }
    const bad = letters === null ? {} : { bad: letters.box() }
    const batches = (lent: boolean): AsyncIterable<Batch> =>
      readSplit(split, spec.format, { stores, signal, counters, lent, ...columns, ...bad })
    return { schema: null, batches }
  }
  const { partitioning, merged } = spec
  const source = event.exchanges[input]
  if (source === null || source === undefined) {
    throw new DunlinError('INTERNAL', `the event does not say where input ${input} of stage ${stage.id} is`)
  }
  const memoryBytes = stage.memoryMb * BYTES_PER_MB
  const exchange = { store, source, partitioning, partition, merged, memoryBytes, signal, counters }
  const { schema, batches } = await openExchange(exchange)
  return { schema, batches: () => batches }
}
