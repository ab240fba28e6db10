/** An aggregation by the user's own functions: `{ init, add, merge, finish }`. */
import type { Column } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import { columnReader } from '../batch/column-value.ts'
import type { OperatorEnv } from '../rows/operator-env.ts'
import type { AggregationSpec } from '../spec.ts'
import type { Accumulator } from './accumulator.ts'
import { valueColumn } from './one-column.ts'
import { UserCall } from './user-call.ts'
import { valueBytes } from './value-bytes.ts'

type UserAggregation = Extract<AggregationSpec, { op: 'user' }>

export class UserAccumulator implements Accumulator {
  readonly suffixes = ['#state']
  readonly #as: string
  readonly #init: UserCall
  readonly #add: UserCall
  readonly #merge: UserCall
  readonly #finish: UserCall
  readonly #stateTypes: BatchBuilder
  readonly #resultTypes: BatchBuilder
  #states: unknown[] = []
  /** Calls that changed a group's state, for knowing when to measure it. */
  #changes: number[] = []
  #bytes: number[] = []
  #totalBytes = 0

  constructor(options: {
    readonly operator: string
    readonly as: string
    readonly spec: UserAggregation
    readonly env: OperatorEnv
  }) {
    const { operator, as, spec, env } = options
    const call = (part: 'init' | 'add' | 'merge' | 'finish') =>
      new UserCall({ operator, role: `${part} of "${as}"`, ref: spec[part], env })
    this.#as = as
    this.#init = call('init')
    this.#add = call('add')
    this.#merge = call('merge')
    this.#finish = call('finish')
    this.#stateTypes = new BatchBuilder({ operator })
    this.#resultTypes = new BatchBuilder({ operator })
  }

  resize(): void {}

  clear(): void {
    this.#states = []
    this.#changes = []
    this.#bytes = []
    this.#totalBytes = 0
  }

  sizeBytes(): number {
    return this.#totalBytes
  }

  /** Begins the next group. */
  begin(): void {
    this.#states.push(this.#init.callFresh())
    this.#changes.push(0)
    this.#bytes.push(0)
    this.#measure(this.#states.length - 1)
  }

  add(group: number, record: unknown): void {
    this.#states[group] = this.#add.call2(this.#states[group], record, record)
    this.#changed(group)
  }

  merge([states]: readonly Column[], groups: Int32Array, from: number, to: number): void {
    const read = columnReader(states!, { column: `${this.#as}#state` })
    for (let row = from; row < to; row++) {
      const group = groups[row]!
      const state = read(row)
      if (group === this.#states.length) {
        this.#states.push(state)
        this.#changes.push(0)
        this.#bytes.push(0)
        this.#measure(group)
      } else {
        this.#states[group] = this.#merge.call2(this.#states[group], state, state)
        this.#changed(group)
      }
    }
  }

  /** A state is measured after 1, 2, 4, 8 … changes: often enough to see it grow, seldom enough to cost little. */
  #changed(group: number): void {
    const changes = ++this.#changes[group]!
    if ((changes & (changes - 1)) === 0) this.#measure(group)
  }

  #measure(group: number): void {
    const bytes = valueBytes(this.#states[group])
    this.#totalBytes += bytes - this.#bytes[group]!
    this.#bytes[group] = bytes
  }

  states(groups: Int32Array): readonly Column[] {
    return [
      valueColumn(
        this.#stateTypes,
        `${this.#as}#state`,
        Array.from(groups, group => this.#states[group]),
      ),
    ]
  }

  result(groups: Int32Array): Column {
    const results: unknown[] = []
    for (const group of groups) results.push(this.#finish.call1(this.#states[group]))
    return valueColumn(this.#resultTypes, this.#as, results)
  }
}
