/** The state machine under random graphs, failures, duplicates, cancellations and orders of arrival. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Stage } from '../../../planner/index.ts'
import { advance } from '../../../src/job/advance.ts'
import { createJob } from '../../../src/job/create-job.ts'
import type { Happening } from '../../../src/job/driver-event.ts'
import type { BackendFacts } from '../../../src/job/state.ts'
import { Machine, ONE_MACHINE } from './machine.ts'
import { reader, scan, success, toDriver, toFiles, toPartitions } from './plans.ts'
import { type Faults, rowsOf, World } from './world.ts'

const NO_FAULTS: Faults = {
  ...{ lost: 0, throttled: 0, fatal: 0, outOfMemory: 0, duplicated: 0 },
  cancelAfter: null,
}

interface Drawn {
  readonly tasks: number
  readonly partitions: number
  /** Which of the exchanges before it the stage reads. */
  readonly reads: readonly number[]
  readonly ends: 'exchange' | 'files' | 'take'
  readonly until: number
}

/** 1 to 6 stages; each reads some exchanges before it, or splits where there are none. */
const graph: fc.Arbitrary<Stage[]> = fc
  .array(
    fc.record<Drawn>({
      tasks: fc.integer({ min: 0, max: 9 }),
      partitions: fc.integer({ min: 1, max: 4 }),
      reads: fc.array(fc.nat(), { maxLength: 2 }),
      ends: fc.constantFrom('exchange', 'exchange', 'exchange', 'files', 'take'),
      until: fc.integer({ min: 0, max: 12 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map(drawn => {
    const stages: Stage[] = []
    for (const [n, d] of drawn.entries()) {
      const exchanges = stages.filter(s => s.output.kind === 'exchange')
      const inputs = exchanges.length === 0 ? [] : d.reads.map(r => exchanges[r % exchanges.length]!)
      const output =
        d.ends === 'exchange' ? toPartitions(d.partitions) : d.ends === 'files' ? toFiles : toDriver
      const more = d.ends === 'take' ? { until: { rows: d.until } } : {}
      stages.push(inputs.length === 0 ? scan(n, d.tasks, output, more) : reader(n, inputs, output, more))
    }
    return stages
  })

const faults: fc.Arbitrary<Faults> = fc.record({
  lost: fc.integer({ min: 0, max: 5 }),
  throttled: fc.integer({ min: 0, max: 3 }),
  fatal: fc.constantFrom(0, 0, 0, 1),
  outOfMemory: fc.constantFrom(0, 0, 1, 2),
  duplicated: fc.integer({ min: 0, max: 8 }),
  cancelAfter: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(40) }),
})

const backends: fc.Arbitrary<BackendFacts> = fc.record({
  slots: fc.integer({ min: 1, max: 9 }),
  memorySizesMb: fc.constantFrom([512], [256, 512, 1_024]),
  memoryIsTotal: fc.boolean(),
  ramp: fc.constantFrom(null, null, { initial: 2, perSecond: 1 }),
  speculates: fc.constantFrom(true, true, false),
})

const tape = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 80 })

function played(
  stages: readonly Stage[],
  having: Faults,
  by: readonly number[],
  backend: BackendFacts = ONE_MACHINE,
): World {
  const world = new World(stages, having, by, backend)
  world.run()
  return world
}

describe('whatever happens', () => {
  test('the job ends, launches stay within slots and behind barriers, and a needed task commits once', () => {
    const seen = { succeeded: 0, failed: 0, cancelled: 0, extra: 0, withMoreMemory: 0 }
    fc.assert(
      fc.property(graph, faults, tape, backends, (stages, having, by, backend) => {
        const world = played(stages, having, by, backend)
        expect(world.breaches).toEqual([])
        seen.extra += world.started.filter(e => e.isExtra).length
        seen.withMoreMemory += world.started.filter(e => e.memoryMb !== undefined).length
        const outcome = world.machine.outcome?.outcome
        expect(outcome, 'the job has not ended').toBeDefined()
        seen[outcome!.state]++
        expect(world.machine.commands.filter(c => c.type === 'finishJob')).toHaveLength(1)
        expect(world.machine.state.unanswered, 'attempts that nobody waits for').toBe(world.open.length)
        expect(world.open).toEqual([])
        expect(world.granted - world.returned).toBe(world.launched.length)
        for (const [task, times] of world.commits) expect(`${task} ${times}`).toBe(`${task} 1`)
        if (outcome!.state !== 'succeeded') return
        for (const { stage, phase, prefix } of world.machine.state.stages) {
          expect(phase).toBe('finished')
          let rows = 0
          for (let t = 0; t < prefix.tasks; t++) {
            expect(world.commits.get(`${stage.id}/${t}`)).toBe(1)
            rows += rowsOf(stage.id, t)
          }
          expect(prefix.rows).toBe(rows)
          if (stage.until === undefined) expect(prefix.tasks).toBe(stage.tasks)
          else if (prefix.tasks < stage.tasks) expect(rows).toBeGreaterThanOrEqual(stage.until.rows)
        }
      }),
      { numRuns: 600 },
    )
    // A property that only ever sees one ending would hold for a machine that knows only that one.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10)
  })

  test('the same events give the same states and commands', () => {
    fc.assert(
      fc.property(graph, faults, tape, backends, (stages, having, by, backend) => {
        const { machine } = played(stages, having, by, backend)
        const again = new Machine(stages, { retries: 3 }, backend)
        for (const event of machine.events) again.hear(event)
        expect(again.commands).toStrictEqual(machine.commands)
        expect(again.state).toStrictEqual(machine.state)
      }),
      { numRuns: 150 },
    )
  })

  test('what a job gives does not depend on failures, duplicates or the order of arrival', () => {
    fc.assert(
      fc.property(graph, faults, tape, tape, backends, (stages, having, by, otherwise, backend) => {
        const calm = played(stages, NO_FAULTS, by)
        const rough = played(stages, { ...having, fatal: 0, cancelAfter: null }, otherwise, backend)
        if (rough.machine.outcome?.outcome.state !== 'succeeded') return
        const given = (w: World) => [...w.machine.state.stages].map(s => s.prefix)
        expect(given(rough)).toEqual(given(calm))
      }),
      { numRuns: 200 },
    )
  })
})

test('a job of 100,000 tasks costs as much for each as one of 1,000: no command storm, no growing state', () => {
  const most = (tasks: number): { commands: number; perEvent: number } => {
    const job = { id: 'job-1', name: 'test', engine: 'fake', epoch: 1 }
    const policy = { retries: 0, userFunctionRetries: 0, throttleRetries: 0, baseMs: 1, maxMs: 1 }
    let state = createJob({ job, policy, backend: ONE_MACHINE }, [scan(0, tasks, toPartitions(1))])
    let commands = 0
    let perEvent = 0
    const tell = (happening: Happening): void => {
      const [next, given] = advance(state, { ...happening, now: 0 })
      state = next
      commands += given.length
      perEvent = Math.max(perEvent, given.length)
    }
    tell({ type: 'started' })
    for (let task = 0; task < tasks; task++) {
      tell({ type: 'slotsGranted', count: 1 })
      tell({
        type: 'taskFinished',
        stage: state.stages.get(0).stage.id,
        task,
        attempt: 1,
        result: success({}),
        jitter: 0,
        launchedAt: 0,
      })
    }
    expect(state.stages.get(0).phase).toBe('closing')
    return { commands: commands / tasks, perEvent }
  }
  expect(most(100_000).perEvent).toBe(most(1_000).perEvent)
  expect(most(100_000).commands).toBeLessThan(3.1)
})
