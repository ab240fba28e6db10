/** Suspension: where a chain of row functions stopped because one of them returned a promise. */

/** A flatMap whose result is not used up: the rest of its records. */
export interface Frame {
  readonly step: number
  readonly rest: Iterator<unknown>
  /** The record that the flatMap was given. */
  readonly given: unknown
}

/** All that comes before has been delivered; nothing that comes after has been called. */
export interface Suspension {
  /** Index into `records`. */
  readonly row: number
  /** The step whose function returned the promise. */
  readonly step: number
  readonly promise: Promise<unknown>
  /** What that function was given. */
  readonly value: unknown
  /** Unfinished flatMaps around it, outermost first. */
  readonly frames: readonly Frame[]
  /** The decoded records of the batch. */
  readonly records: readonly unknown[]
}
