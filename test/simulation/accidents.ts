/** Accidents: what befalls a driver, and what lies in the store between two waves, by the seed. */
import type { JobEvent } from '../../src/events/job-event.ts'
import { flipped, truncated } from './damage.ts'
import type { FaultKind } from './fault-kinds.ts'
import type { RandomStream } from './random-streams.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Driver } from './start-driver.ts'
import { EARLIER_JOB, JOB, type PreparedWorkload } from './workload.ts'
import { ENGINE_URI, type World } from './world.ts'

/** Deadlines are hours of the driver's clock to workers: they bear this much. */
const MOST_SKEW_MS = 30_000
/** Jobs here take some seconds, and minutes where time-outs are waited for. */
const WHEN_MS = [5, 60_000] as const
const DRIVER_STEPS = 60
const PAUSE_MS = [100, 300_000] as const

const DAMAGED = [
  ['dataDamaged', 'data/'],
  ['commitDamaged', 'commits/'],
  ['manifestDamaged', 'exchange.'],
] as const satisfies readonly (readonly [FaultKind, string])[]

/** What a job may use again: that a record says so, and the objects themselves. */
const OF_EARLIER = ['reuse/', `jobs/${EARLIER_JOB}/stage-`] as const

export interface Accidents {
  /** The job is about to be submitted. */
  readonly beforeStart: () => void
  readonly onEvent: (event: JobEvent) => void
  befall(driver: Driver): void
}

export function scheduleAccidents(world: World, workload: PreparedWorkload): Accidents {
  const random = world.random.of('accidents')
  const readers = new Set(
    workload.prepared.planned.plan.stages
      .filter(stage => stage.output.kind === 'exchange')
      .map(stage => stage.id),
  )
  return {
    beforeStart() {
      if (workload.workload.reuse && world.faults.strikes('earlierDamaged', random))
        damageOne(world, random, 'earlierDamaged', random.pick(OF_EARLIER))
    },
    onEvent(event) {
      if (event.type === 'stageReused' && world.faults.strikes('earlierDamaged', random))
        damageOne(world, random, 'earlierDamaged', `jobs/${EARLIER_JOB}/stage-${event.from.stage}/`)
      if (event.type !== 'stageFinished' || !readers.has(event.stage)) return
      for (const [kind, below] of DAMAGED) {
        if (world.faults.strikes(kind, random))
          damageOne(world, random, kind, `jobs/${JOB}/stage-${event.stage}/${below}`)
      }
    },
    befall: driver => befall(world, driver),
  }
}

function damageOne(world: World, random: RandomStream, kind: FaultKind, prefix: string): void {
  const space = world.space(ENGINE_URI)
  const keys = space.page(prefix, null, Number.POSITIVE_INFINITY)
  if (keys.length === 0) return
  const key = random.pick(keys)
  const how = random.pick(['deleted', 'truncated', 'flipped'] as const)
  // A disk that loses one may lose many at once.
  const others = world.random.of('losses with others')
  if (how === 'deleted' && kind !== 'manifestDamaged' && others.below(2) === 0) {
    for (const other of keys) {
      if (other === key || others.below(2) === 0) continue
      world.faults.inject(kind, { process: 'the disk' })
      world.log.add('the disk', `${how} ${other}`)
      space.delete(other, 'the disk')
    }
  }
  const { bytes } = space.get(key)!
  world.faults.inject(kind, { process: 'the disk' })
  world.log.add('the disk', `${how} ${key}`)
  if (how === 'deleted') space.delete(key, 'the disk')
  else
    space.put(key, how === 'truncated' ? truncated(bytes, random) : flipped(bytes, random), {
      by: 'the disk',
    })
}

function befall(world: World, driver: Driver): void {
  const { faults, time } = world
  const { process } = driver
  const random = world.random.of(`accidents of ${process.name}`)
  const soon = (kind: FaultKind, act: () => void): void => {
    if (!faults.strikes(kind, random)) return
    time.after(random.logarithmic(...WHEN_MS), () => {
      if (driver.outcome !== null || process.isKilled) return
      faults.inject(kind, { process: process.name })
      act()
    })
  }
  soon('cancelled', () => process.deliver(driver.cancel))
  soon('clockJump', () => {
    process.skewMs += random.between(-MOST_SKEW_MS, MOST_SKEW_MS)
  })
  soon('driverPaused', () => {
    process.pause()
    time.after(random.logarithmic(...PAUSE_MS), () => process.resume())
  })
  if (!faults.strikes('driverKilled', random)) return
  killAtStep(world, process, { kind: 'driverKilled', step: random.between(1, DRIVER_STEPS), random })
}

/** Kills a process before or after its request of that number. */
export function killAtStep(
  { faults }: World,
  process: SimulatedProcess,
  { kind, step, random }: { readonly kind: FaultKind; readonly step: number; readonly random: RandomStream },
): void {
  process.atStep = {
    step,
    moment: random.pick(['before', 'after']),
    act: () => {
      faults.inject(kind, { process: process.name })
      process.kill()
    },
  }
}
