/** Caretaker: whoever cares that a job ends: starts it, and another driver whenever the last one is gone. */
import type { JobEvent } from '../../src/events/job-event.ts'
import { isEndKey, type JobEnd } from '../../src/job/ends.ts'
import { jobKeys } from '../../src/job/job-records.ts'
import { type Accidents, scheduleAccidents } from './accidents.ts'
import { startCleaner } from './cleaner.ts'
import type { Fleet } from './fleet.ts'
import type { RandomStream } from './random-streams.ts'
import { readOutputs } from './read-outputs.ts'
import { type Driver, type DriverVerb, startDriver } from './start-driver.ts'
import { EARLIER_JOB, type Found, JOB, type PreparedWorkload } from './workload.ts'
import { ENGINE_URI, type World } from './world.ts'

/** From here on drivers meet no more accidents: in the end somebody gets through. */
const UNLUCKY_DRIVERS = 4
/** A job that so many drivers could not end will not be ended. */
const MOST_DRIVERS = 14
const UNTIL_NOTICED_MS = [100, 60_000] as const
/** Somebody else comes to go on with a job that is being retried. */
const SECOND_AT_RETRY_SHARE = 0.3
const SECOND_AT_RETRY_MS = [1, 30_000] as const
const MOST_CLEANERS = 3
/** Of jobs that have failed or were cancelled. */
const RETRIED_SHARE = 0.5
const LOOK_MS = 5

export class Caretaker {
  readonly drivers: Driver[] = []
  /** Nobody does anything for the job any more. */
  done = false
  /** What a reader found when the job had succeeded; null where it did not. */
  found: readonly Found[] | null = null
  /** How the job had ended before it was retried. */
  endBeforeRetry: JobEnd | null = null
  readonly #world: World
  readonly #fleet: Fleet
  readonly #workload: PreparedWorkload
  readonly #random: RandomStream
  readonly #accidents: Accidents
  /** What those who cleaned could not do. */
  readonly cleaningErrors: unknown[] = []
  readonly #onCleaningError = (error: unknown): void => void this.cleaningErrors.push(error)
  #cleaners = 0
  #isWaiting = false

  constructor(world: World, fleet: Fleet, workload: PreparedWorkload) {
    this.#world = world
    this.#fleet = fleet
    this.#workload = workload
    this.#random = world.random.of('caretaker')
    this.#accidents = scheduleAccidents(world, workload)
  }

  begin(): void {
    this.#accidents.beforeStart()
    this.#start('start')
    const { faults, time, strike } = this.#world
    const random = this.#random
    if (strike?.who === 'driver' && strike.how === 'paused') this.#followPaused()
    const later = (act: () => void): void => void time.after(random.logarithmic(50, 120_000), act)
    if (faults.strikes('secondDriver', random)) {
      later(() => {
        if (this.done || this.end !== null || !this.#exists) return
        faults.inject('secondDriver', { process: 'the caretaker' })
        this.#start('resume')
      })
    }
    if (faults.strikes('cleaner', this.#world.random.of('cleaner'))) this.#cleaners = MOST_CLEANERS
    this.#cleanLater(120_000)
    if (this.#workload.workload.reuse && faults.strikes('earlierCleaned', this.#world.random.of('cleaner'))) {
      time.after(this.#world.random.of('cleaner').logarithmic(1, 30_000), () => {
        if (this.done) return
        faults.inject('earlierCleaned', { process: 'the caretaker' })
        startCleaner(this.#world, { id: EARLIER_JOB, onFailure: this.#onCleaningError })
      })
    }
    if (faults.strikes('cancelledFromOutside', random)) {
      later(() => {
        if (this.done || this.end !== null || !this.#exists) return
        faults.inject('cancelledFromOutside', { process: 'the caretaker' })
        this.#start('cancel')
      })
    }
  }

  /** Another driver is started as soon as the first one is paused. */
  #followPaused(): void {
    const { time } = this.#world
    if (this.#exists && this.drivers.some(({ process }) => process.isPaused)) this.#start(this.#follow())
    else if (!this.done) time.after(Math.max(LOOK_MS, time.elapsedMs / 100), () => this.#followPaused())
  }

  /** What the driver after one that is gone is for. */
  #follow(): DriverVerb {
    const { strike, faults } = this.#world
    if (strike?.followedBy !== 'cancel' || this.drivers.length > 1) return 'resume'
    faults.inject('cancelledFromOutside', { process: 'the caretaker' })
    return 'cancel'
  }

  #cleanLater(mostMs: number): void {
    if (this.#cleaners === 0) return
    this.#cleaners--
    const { time, faults, random } = this.#world
    time.after(random.of('cleaner').logarithmic(50, mostMs), () => {
      if (this.done || !this.#exists) return
      faults.inject('cleaner', { process: 'the caretaker' })
      startCleaner(this.#world, { id: JOB, onFailure: this.#onCleaningError, onEnd: () => this.#look() })
    })
  }

  /** How the job has ended, also where somebody has removed it since; null where it has not. */
  get end(): JobEnd | null {
    const records = this.#world.space(ENGINE_URI).changes.filter(({ key, bytes }) => {
      return bytes !== undefined && key.startsWith(jobKeys.ends(JOB))
    })
    const [last] = records.sort((a, b) => (a.key < b.key ? 1 : -1))
    if (last === undefined || !isEndKey(last.key)) return null
    return JSON.parse(Buffer.from(last.bytes!).toString()) as JobEnd
  }

  /** Whether the job was recorded at all. */
  get #exists(): boolean {
    return this.#world.space(ENGINE_URI).get(jobKeys.plan(JOB)) !== undefined
  }

  get #isCaredFor(): boolean {
    return this.drivers.some(({ process, outcome }) => outcome === null && !process.isKilled)
  }

  /** Before it had taken the end back. */
  get #isRetryKilled(): boolean {
    const last = this.drivers.at(-1)
    return last?.verb === 'retry' && last.process.isKilled
  }

  #start(verb: DriverVerb): void {
    const driver = startDriver(this.#world, this.#fleet, this.#workload, {
      verb,
      onEvent: (event: JobEvent) => this.#accidents.onEvent(event),
      onSuccess: job => {
        // What somebody has removed meanwhile nobody can read.
        if (this.#exists) this.found = readOutputs({ world: this.#world, workload: this.#workload }, job)
      },
      onOutcome: () => this.#look(),
    })
    driver.process.onKill(() => this.#look())
    this.drivers.push(driver)
    if (this.drivers.length <= UNLUCKY_DRIVERS) this.#accidents.befall(driver)
  }

  /** A driver is gone. */
  #look(): void {
    if (this.done || this.#isWaiting || this.#isCaredFor) return
    if (this.drivers.length >= MOST_DRIVERS || !this.#exists) {
      this.done = true
      return
    }
    const end = this.end
    if (end === null) this.#later(this.#follow())
    else if (
      end.report.state !== 'succeeded' &&
      (this.#isRetryKilled || (this.endBeforeRetry === null && this.#random.chance(RETRIED_SHARE)))
    ) {
      this.endBeforeRetry = end
      this.#world.faults.calm()
      this.#later('retry')
    } else this.done = true
  }

  #secondAtRetry(): void {
    const { time, faults, random: streams } = this.#world
    const random = streams.of('second at a retry')
    if (this.#world.strike !== undefined || !random.chance(SECOND_AT_RETRY_SHARE)) return
    const verb = random.pick(['resume', 'retry'] as const)
    time.after(random.logarithmic(...SECOND_AT_RETRY_MS), () => {
      if (this.done || !this.#exists) return
      faults.inject('secondDriver', { process: 'the caretaker' })
      this.#start(verb)
    })
  }

  #later(verb: DriverVerb): void {
    this.#isWaiting = true
    this.#world.time.after(this.#random.logarithmic(...UNTIL_NOTICED_MS), () => {
      this.#isWaiting = false
      this.#start(verb)
      this.#cleanLater(30_000)
      if (verb === 'retry') this.#secondAtRetry()
    })
  }
}
