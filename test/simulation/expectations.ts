/** What the engine is expected to survive, and what it is known not to: the one place to change when it learns more. */

export const EXPECTED = {
  /** Nothing is visible of a job that failed while it published. */
  failedPublishingLeavesNothing: false,
  /** Wrong bytes, in an answer or at rest, are made again; else the job ends with a typed error. */
  survivesDamage: true,
  /** Damage to the index of an exchange is told as damage. */
  manifestIsChecked: false,
  /** What orphans write into an output directory after its job is removed by somebody. */
  orphansLeaveNothing: true,
  /** A job whose driver was killed is resumed. */
  resumesKilledDrivers: true,
} as const
