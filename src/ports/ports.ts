/** The ports through which everything that is not deterministic reaches the driver. */

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once, not before `delayMs` milliseconds have passed. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back once, in a later turn of the event loop: whatever else is ready has its turn first. */
  soon(callback: () => void): void
}

export interface Randomness {
  /** A number in [0, 1). */
  next(): number
  /** Lower-case hexadecimal of `bytes` random bytes: nonces and ids. */
  hex(bytes: number): string
}

/** The machine and process of a driver: what its lease says of it. */
export interface DriverPlace {
  /** What people call the machine. */
  readonly host: string
  /** Tells machines apart, and containers whose process ids mean different processes. */
  readonly machine: string
  readonly pid: number
  /** Whether a process of this machine is no more. */
  isGone(pid: number): boolean
}
