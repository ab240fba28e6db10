/** When a process is struck: after so many events of the job and a moment more, drawn so that every phase is hit. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DriverEnd, ToDriver } from './driver-message.ts'
import type { DriverProcess } from './driver-process.ts'

export type Random = () => number

export interface Moment {
  /** Events that must have been heard; 0: counted from when the driver is told. */
  readonly events: number
  readonly delayMs: number
}

/** How much before the first event, and how much at the end, where outputs are published. */
const BEFORE = 0.1
const AT_THE_END = 0.35
const BEFORE_MS = 80
const BETWEEN_MS = 40
const END_MS = 120

/** @param events how many the job has when nothing disturbs it; its last but one says that only publishing is left */
export function drawMoment(random: Random, events: number): Moment {
  const where = random()
  if (where < BEFORE) return { events: 0, delayMs: random() * BEFORE_MS }
  if (where < BEFORE + AT_THE_END) return { events: events - 1, delayMs: random() * END_MS }
  return { events: 1 + Math.floor(random() * (events - 2)), delayMs: random() * BETWEEN_MS }
}

/**
 * Tells the driver what to do, and strikes when the moment has come; not at all where the job ends before.
 *
 * @returns what became of the driver's job: settled when it has ended, or has gone
 */
export function strikeAt(
  driver: DriverProcess,
  message: Exclude<ToDriver, { verb: 'leave' }>,
  moment: Moment,
  strike: () => void,
): Promise<DriverEnd | null> {
  let isOver = false
  let isDue = false
  const wait = async (): Promise<void> => {
    isDue = true
    await sleep(moment.delayMs)
    if (!isOver) strike()
  }
  const end = driver.tell(message, heard => {
    if (heard >= moment.events && !isDue) void wait()
  })
  if (moment.events === 0) void wait()
  return end.finally(() => {
    isOver = true
  })
}
