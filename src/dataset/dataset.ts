/** Dataset: a lazy, immutable, typed description of records. Its verbs build frozen plan nodes; nothing runs. */
import type { LogicalNode, Resources } from '../../planner/index.ts'
import * as nodes from '../../planner/index.ts'
import { argument } from './arguments.ts'
import { DERIVE } from './dataset-actions.ts'
import { DRIVER_ONLY } from './driver-only.ts'
import { refuseResources } from './refused-resources.ts'
import { TableVerbs } from './table-verbs.ts'

/**
 * Records of type `T` that are described and not yet computed. A record is a scalar (column `value`), a pair
 * `[key, value]`, or a plain object (a column per field). Verbs give another dataset, actions run a job, `write`
 * gives outputs.
 *
 * Errors: verbs throw `INVALID_ARGUMENT` at once when an argument is of a wrong kind. All others that a verb names
 * are what the action rejects with that runs the dataset.
 *
 * @example
 * const long = read.text('books/').words().filter(word => word.length > 3)
 * await long.collect() // ['whale', 'ship']
 */
export class Dataset<T> extends TableVerbs<T> {
  declare readonly [DRIVER_ONLY]: string;

  /** A dataset of what the node gives: the one place where datasets are made of others. */
  [DERIVE]<R>(node: LogicalNode): Dataset<R> {
    return new Dataset(node)
  }

  /**
   * Hands the dataset to a function and gives what that returns: pipelines made of named steps.
   *
   * @example
   * const evens = (numbers: Dataset<number>) => numbers.filter(n => n % 2 === 0)
   * await range(5).through(evens).collect() // [0, 2, 4]
   */
  through<R>(step: (dataset: this) => R): R {
    return step(this)
  }

  /**
   * Asks resources for the stages that the steps so far end up in: `memoryMb` (on AWS the function of the next size runs
   * them, and one that is larger than all is refused) and `timeoutMs` of a task,
   * `concurrency` of its async functions, and how many `partitions` the exchanges below have.
   *
   * @throws DunlinError `INVALID_ARGUMENT` when one is not a whole number from 1 on, or for a `gpu` or an `architecture`;
   * `CONFIGURATION` when the engine does not have so much; `TIMEOUT` when a task took
   * longer
   *
   * @example
   * const slow = range(4).map(async n => n * 2).with({ concurrency: 2, timeoutMs: 60_000 })
   * await slow.collect() // [0, 2, 4, 6]
   */
  with(resources: Resources): Dataset<T> {
    refuseResources(resources)
    argument.known('with', resources, ['memoryMb', 'timeoutMs', 'partitions', 'concurrency'])
    for (const [name, value] of Object.entries(resources)) argument.whole('with', name, value, 1)
    return new Dataset(nodes.withNode(this.node, resources))
  }
}
Object.defineProperty(Dataset.prototype, DRIVER_ONLY, { value: 'Dataset' })
