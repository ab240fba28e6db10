import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OperatorSpec } from '../../operators/index.ts'
import { consumerCounts } from '../../planner/draft/consumers.ts'
import { draftOf } from '../../planner/draft/to-draft.ts'
import {
  functionsOf,
  partitionsOf,
  plan,
  rootOfTask,
  type Split,
  type Stage,
  type StageId,
} from '../../planner/index.ts'
import { applyRules } from '../../planner/rules/rules.ts'
import { inputsOfTree, isBroadcast, readersOfBroadcast } from '../../planner/stage-task.ts'
import { logicalRows, type Row } from './model.ts'
import { physicalRows } from './physical-model.ts'
import { type RandomJob, randomJob } from './random-job.ts'

/** 30,000 of each were run when this was written. */
const RUNS = 600

/** Absent columns and nulls are the same. */
function texts(rows: readonly Row[]): string[] {
  return rows.map(row => JSON.stringify(['a', 'b', 'c'].map(name => row[name] ?? null)))
}

function planJob({ job, outputs }: RandomJob, options = {}) {
  return plan({ outputs }, job.facts, options)
}

/** Rows stand evenly in their objects, so that pieces of those have some of them. */
function readerOf({ data }: RandomJob) {
  const objectsOf = new Map(
    [...data].map(([{ source }, objects]) => [source.kind === 'files' ? source.uris[0] : '', objects]),
  )
  return (stage: Stage, input: number, { ranges }: Split): Row[] => {
    const objects = objectsOf.get((stage.inputs[input] as { source: string }).source)!
    return ranges.flatMap(({ key, start, end, size }) => {
      const rows = objects[Number(key.slice('part-'.length))]!
      return rows.filter((_, i) => {
        const position = (i * size) / rows.length
        return position >= start && position < end
      })
    })
  }
}

function functionsIn(spec: OperatorSpec): number[] {
  switch (spec.op) {
    case 'input':
      return []
    case 'union':
    case 'join':
      return spec.inputs.flatMap(functionsIn)
    case 'addColumns':
      return [...spec.columns.map(({ fn }) => fn.fn), ...functionsIn(spec.input)]
    case 'rows':
    case 'asyncRows':
      return [...spec.steps.map(({ fn }) => fn.fn), ...functionsIn(spec.input)]
    case 'aggregate': {
      const keys = spec.keys === 'all' ? [] : spec.keys
      return [
        ...keys.flatMap(key => (key.kind === 'function' ? [key.fn.fn] : [])),
        ...functionsIn(spec.input),
      ]
    }
    default:
      return functionsIn(spec.input)
  }
}

describe('any plan', () => {
  test('gives the rows that the pipeline means, in its order, with columns really pruned', () => {
    fc.assert(
      fc.property(randomJob, fc.integer({ min: 1, max: 4 }), (random, partitions) => {
        const planned = planJob(random, { partitions })
        const got = physicalRows(planned, readerOf(random), random.functions)
        for (const [i, output] of random.outputs.entries()) {
          const [rows, expected] = [texts(got[i]!), texts(logicalRows(output.input, random.data))]
          expect(got[i]!.flatMap(Object.keys).filter(name => name.startsWith('\u0000'))).toEqual([])
          // Hashing divides rows anew; everything else keeps the order.
          if (random.ordered[i]) expect(rows).toEqual(expected)
          else expect(rows.sort()).toEqual(expected.sort())
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('calls each function in exactly one stage', () => {
    fc.assert(
      fc.property(randomJob, random => {
        const { plan } = planJob(random)
        const stagesOf = new Map<number, Set<StageId>>()
        for (const { id, root } of plan.stages) {
          for (const fn of functionsIn(root)) stagesOf.set(fn, (stagesOf.get(fn) ?? new Set()).add(id))
        }
        const used = functionsOf({ outputs: random.outputs })
        expect(stagesOf.size).toBe(used.length)
        for (const stages of stagesOf.values()) expect(stages.size).toBe(1)
      }),
      { numRuns: RUNS },
    )
  })

  test('has stages in order, in waves that depend on earlier waves only, each in the earliest it can be', () => {
    fc.assert(
      fc.property(randomJob, random => {
        const { stages, waves } = planJob(random).plan
        expect(stages.map(({ id }) => id)).toEqual(stages.map((_, i) => i))
        expect(waves.flat().sort((a, b) => a - b)).toEqual(stages.map(({ id }) => id))
        const waveOf = new Map(waves.flatMap((wave, i) => wave.map(id => [id, i] as const)))
        for (const stage of stages) {
          const before = stage.inputs.flatMap(input => (input.kind === 'exchange' ? [input.from] : []))
          for (const from of before) expect(from).toBeLessThan(stage.id)
          expect(waveOf.get(stage.id)).toBe(Math.max(0, ...before.map(from => waveOf.get(from)! + 1)))
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('has partitions and tasks that fit together', () => {
    fc.assert(
      fc.property(randomJob, random => {
        const { plan, splits } = planJob(random)
        for (const stage of plan.stages) {
          const divided = stage.inputs.filter(input => !isBroadcast(input))
          const partitions = divided.map(input => (input.kind === 'splits' ? input.tasks : input.partitions))
          if (stage.layout === 'zip') expect(new Set(partitions)).toEqual(new Set([stage.tasks]))
          else expect(stage.tasks).toBe(partitions.reduce((sum, one) => sum + one, 0))
          const read = Array.from({ length: stage.tasks }, (_, task) => partitionsOf(stage, task))
          const { output } = stage
          const byRange = output.kind === 'exchange' && output.partitioning.kind === 'range'
          for (const [task, own] of read.entries()) {
            // A task reads what its operators do, and how to divide what they give.
            const wanted = new Set(inputsOfTree(rootOfTask(stage, task)))
            if (byRange) wanted.add(output.partitioning.splitters)
            expect(own.flatMap((partition, i) => (partition === null ? [] : [i]))).toEqual([...wanted].sort())
          }
          for (const [i, input] of stage.inputs.entries()) {
            // Each partition once, in order; what is broadcast by whoever needs it.
            const once = read.flatMap(one => one[i] ?? [])
            if (isBroadcast(input)) {
              expect(once).toEqual(new Array(readersOfBroadcast(stage, i)).fill(0))
            } else {
              const partitions = input.kind === 'splits' ? input.tasks : input.partitions
              expect(once).toEqual(Array.from({ length: partitions }, (_, partition) => partition))
            }
            if (input.kind === 'splits') {
              expect(splits.get(stage.id)![i]!.length).toBe(input.tasks)
            } else {
              expect(splits.get(stage.id)![i]).toBeNull()
              const from = plan.stages[input.from]!
              const expected = {
                kind: 'exchange',
                partitioning: input.partitioning,
                partitions: input.partitions,
              }
              expect(from.output).toEqual(expected)
              if (input.partitioning.kind === 'none') expect(input.partitions).toBe(from.tasks)
            }
          }
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('is JSON, frozen, and the same text for an equal pipeline', () => {
    fc.assert(
      fc.property(randomJob, random => {
        const planned = planJob(random)
        expect(JSON.parse(JSON.stringify(planned.plan))).toEqual(planned.plan)
        expect(isDeeplyFrozen(planned.plan)).toBe(true)
        expect(planJob(random).text).toBe(planned.text)
      }),
      { numRuns: 200 },
    )
  })
})

test('after the rules every node but an exchange has exactly one reader', () => {
  fc.assert(
    fc.property(randomJob, ({ job, outputs }) => {
      const { facts } = job
      const functions = new Map([...facts.functions.values()].map(one => [one.index, one]))
      const draft = applyRules(draftOf({ outputs }, facts, {}), { functions, options: {} })
      for (const [node, count] of consumerCounts(draft)) if (node.kind !== 'exchange') expect(count).toBe(1)
    }),
    { numRuns: RUNS },
  )
})

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen)
}
