/** dunlin's public door. */
// First: what is global now is not the user's.
import './ship/pristine-globals.ts'

export type { LogLevel, TaskArgument } from '../operators/index.ts'
export {
  type CountedFailure,
  DunlinError,
  type ErrorCode,
  type ErrorPlace,
  type Failure,
} from '../operators/index.ts'
export type { Resources } from '../planner/index.ts'
export { type DunlinConfig, defineConfig, type EngineName } from './configuration/dunlin-config.ts'
export { type AggregationParts, aggregation, count, max, mean, min, sum } from './dataset/aggregations.ts'
export { artefact } from './dataset/artefact.ts'
export { Dataset } from './dataset/dataset.ts'
export { GroupedDataset } from './dataset/grouped-dataset.ts'
export type { JoinOn, JoinOptions } from './dataset/join-types.ts'
export type { OnError, SkipOptions } from './dataset/on-error.ts'
export type { SampleOptions } from './dataset/order-verbs.ts'
export { explain, Output, run } from './dataset/output.ts'
export {
  type FixedRecord,
  from,
  type RangeOptions,
  type ReadJsonlOptions,
  type ReadOptions,
  type ReadRecordsOptions,
  type ReadTextOptions,
  range,
  read,
} from './dataset/readers.ts'
export type { Aggregation } from './dataset/record-types.ts'
export type { Combine } from './dataset/reductions.ts'
export type { CollectOptions, ExplainOptions, RunOptions } from './dataset/run-options.ts'
export type { ColumnDeclaration, SchemaOption } from './dataset/schema-option.ts'
export type { Direction, Orderable, SortKey } from './dataset/sort-keys.ts'
export type { WriteOptions, Writer } from './dataset/writer.ts'
export type { Engine } from './engine/engine.ts'
export { type Isolation, type LocalOptions, local } from './engine/local-engine.ts'
export type { Cost, JobEvent, JobReport, StageReport, WrittenOutput } from './events/job-event.ts'
export { type PerWorkerOptions, perWorker } from './ship/per-worker.ts'
export type { S3Settings } from './store/s3-settings.ts'
