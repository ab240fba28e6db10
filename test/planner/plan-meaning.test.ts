import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OperatorSpec } from '../../operators/index.ts'
import { consumerCounts } from '../../planner/draft/consumers.ts'
import { draftOf } from '../../planner/draft/to-draft.ts'
import { functionsOf, plan, type Stage, type StageId } from '../../planner/index.ts'
import { applyRules } from '../../planner/rules/rules.ts'
import { logicalRows, physicalRows, type Row } from './model.ts'
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

function functionsIn(spec: OperatorSpec): number[] {
  switch (spec.op) {
    case 'input':
      return []
    case 'union':
      return spec.inputs.flatMap(functionsIn)
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
        const scans = [...random.data]
        const read = (stage: Stage, input: number, { ranges }: { ranges: readonly { key: string }[] }) => {
          const { source } = stage.inputs[input] as { source: string }
          const [, objects] = scans.find(
            ([node]) => node.source.kind === 'files' && node.source.uris[0] === source,
          )!
          return ranges.flatMap(({ key }) => objects[Number(key.slice('part-'.length))]!)
        }
        const got = physicalRows(planned, read, random.functions)
        for (const [i, output] of random.outputs.entries()) {
          const [rows, expected] = [texts(got[i]!), texts(logicalRows(output.input, random.data))]
          // Hashing divides rows anew; everything else keeps the source's order.
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
          const partitions = stage.inputs.map(input =>
            input.kind === 'splits' ? input.tasks : input.partitions,
          )
          expect(stage.layout).toBe(stage.inputs.length === 1 ? 'zip' : 'concat')
          expect(stage.tasks).toBe(partitions.reduce((sum, one) => sum + one, 0))
          for (const [i, input] of stage.inputs.entries()) {
            if (input.kind === 'splits') {
              expect(splits.get(stage.id)![i]!.length).toBe(input.tasks)
            } else {
              expect(splits.get(stage.id)![i]).toBeNull()
              const { output, tasks } = plan.stages[input.from]!
              const expected = {
                kind: 'exchange',
                partitioning: input.partitioning,
                partitions: input.partitions,
              }
              expect(output).toEqual(expected)
              if (input.partitioning.kind === 'none') expect(input.partitions).toBe(tasks)
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
