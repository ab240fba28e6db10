/** The door of the operators: what happens to the records of one partition. */
export * from './batch/batch.ts'
export type * from './batch/column-type.ts'
export * from './errors.ts'
export * from './operator.ts'
export type * from './spec.ts'
export type * from './task-argument.ts'
