/** An engine whose clock, randomness and compute are told what to do by the test. */

import type { ComputeBackend, RunOptions } from '../../../src/compute/compute-backend.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import type { Ramp } from '../../../src/job/policies/launch-window.ts'
import type { Clock, Randomness } from '../../../src/ports/ports.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { TaskEvent, TaskResult } from '../../../src/task/task-event.ts'
import { FakeClock as StandingClock, turns } from '../../../src/testing/fake-clock.ts'

export { turns }

/** Shows no round time at first, so that a time cannot pass for a duration. */
export class FakeClock extends StandingClock {
  constructor() {
    super({ startMs: 1_000_000 })
  }
}

export type Answer = (
  event: TaskEvent,
  signal: AbortSignal,
  memoryMb?: number,
) => Promise<TaskResult> | TaskResult

/** What a backend may say of itself; one machine by default. */
export type BackendTraits = Pick<ComputeBackend, 'ramp' | 'speculates'> & {
  readonly memorySizesMb?: readonly number[]
}

export class FakeBackend implements ComputeBackend {
  readonly name = 'fake'
  readonly slots: number
  readonly memorySizesMb: readonly number[]
  readonly ramp?: Ramp
  readonly speculates: boolean
  readonly events: TaskEvent[] = []
  inFlight = 0
  mostInFlight = 0
  readonly #answer: Answer

  constructor(slots: number, answer: Answer, traits: BackendTraits = {}) {
    this.slots = slots
    this.#answer = answer
    this.memorySizesMb = traits.memorySizesMb ?? [512]
    if (traits.ramp !== undefined) this.ramp = traits.ramp
    this.speculates = traits.speculates ?? false
  }

  async run(event: TaskEvent, { signal, memoryMb = 0 }: RunOptions): Promise<TaskResult> {
    this.events.push(event)
    this.inFlight++
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
    try {
      return await this.#answer(event, signal, memoryMb)
    } finally {
      this.inFlight--
    }
  }

  async close(): Promise<void> {}
}

export function fakeRandom(): Randomness {
  let n = 0
  return { next: () => 0.5, hex: bytes => (n++).toString(16).padStart(bytes * 2, '0') }
}

export function fakeEngine(compute: ComputeBackend, clock: Clock = new FakeClock()): Engine {
  const store = new MemoryStore({ name: 'fake' })
  const noDollars = { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 }
  return {
    name: 'fake',
    store,
    baseUri: 'memory://fake/',
    stores: { open: () => store },
    compute,
    clock,
    random: fakeRandom(),
    facts: { name: 'fake', slots: compute.slots, bytesPerSecond: 1, dollars: noDollars },
    close: async () => {},
  }
}

/** A promise that the test settles; aborting answers as backends do. */
export function untilAborted(signal: AbortSignal, answer: TaskResult): Promise<TaskResult> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(answer)))
}
