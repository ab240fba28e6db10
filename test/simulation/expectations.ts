/** What the engine is expected to survive, and what it is known not to: the one place to change when it learns more. */

export const EXPECTED = {
  /** Nothing is visible of a job that failed while it published. */
  failedPublishingLeavesNothing: true,
  /** A publication that was interrupted can be gone on with: no part is lost. */
  interruptedPublishingKeepsParts: true,
  /** What was damaged or removed at rest is made again. */
  survivesDamage: true,
  /** Of an object that is whole, one answer of wrong bytes costs an attempt and no more. */
  survivesWrongAnswers: true,
  /** The same of the values of `from()`. */
  stagedValuesAreReadAgain: false,
  /** The report of a job whose first driver died early has its stages. */
  reportsOfFollowedJobsAreWhole: true,
  /** A driver that comes while the job ends is told that it has ended. */
  lateDriversAreToldOfTheEnd: true,
  /** A job whose driver was killed is resumed. */
  resumesKilledDrivers: true,
} as const
