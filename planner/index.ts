/** The door of the planner: what was asked → what will run. */
export type * from './facts.ts'
export type * from './logical.ts'
export type * from './physical.ts'
