/** Plans of jobs that skip bad records: the policy decides what a job gives, so it is part of the plan. */
import { describe, expect, test } from 'vitest'
import { explainText, limitNode, mapNode, plan, selectNode, sortNode } from '../../planner/index.ts'
import { pushLimits } from '../../planner/rules/push-limits.ts'
import { topOfSort } from '../../planner/rules/top-of-sort.ts'
import type { SkipPolicy } from '../../planner/skip-policy.ts'
import { Job, result, write } from './job.ts'
import { beforeAfter } from './rules/before-after.ts'

const BY_X = [{ kind: 'column', column: 'x', direction: 'asc', nulls: 'last' }] as const
const INTO: SkipPolicy = { tolerate: 0.01, deadLetters: { uri: 'file:///out/bad/', mode: 'append' } }

function planned(onError?: SkipPolicy) {
  const job = new Job()
  const outputs = [write(mapNode(job.jsonl('a'), job.fn('parse')), 'csv', 'file:///out/rows/')]
  return { job, planned: plan({ outputs }, job.facts, onError === undefined ? {} : { onError }) }
}

describe('the policy', () => {
  test('is a line of each stage in the plan’s text, and absent without one', () => {
    const line = '  on error: skip, tolerate 0.01, dead letters "file:///out/bad/" mode append'
    const { text, plan: physical } = planned(INTO).planned
    expect(text.split('\n').filter(one => one === line)).toHaveLength(physical.stages.length)
    expect(planned({ tolerate: 1 }).planned.text).toContain(
      '  on error: skip, tolerate 1, dead letters the job\n',
    )
    expect(planned().planned.text).not.toContain('on error')
  })

  test('changes the fingerprint, as does every part of it', () => {
    const prints = [undefined, { tolerate: 1 }, { tolerate: 0.5 }, INTO].map(
      one => planned(one).planned.plan.fingerprint,
    )
    expect(new Set(prints).size).toBe(4)
  })

  test('is told by explain', () => {
    const { job, planned: one } = planned(INTO)
    expect(explainText(one, job.facts)).toContain(
      [
        'on error  bad records are skipped, up to 1 % of what a stage reads · dead',
        '          letters to file:///out/bad/\n',
      ].join('\n'),
    )
    const { job: other, planned: any } = planned({ tolerate: 1 })
    expect(explainText(any, other.facts)).toContain("bad records are skipped · dead letters to the job's own")
  })

  test('of a share that is none is refused', () => {
    expect(() => planned({ tolerate: 1.5 })).toThrow('tolerate must be a number from 0 to 1, not 1.5')
    expect(() => planned({ tolerate: Number.NaN })).toThrow('not NaN')
  })
})

describe('the directory of dead letters', () => {
  const refused = (uri: string) => () => planned({ tolerate: 1, deadLetters: { uri, mode: 'fail' } })

  test.each(['file:///out/rows/', 'file:///out/rows/bad/', 'file:///out/'])(
    'is not an output, nor in one: %s',
    uri => {
      expect(refused(uri)).toThrow(/two outputs of the job|lies inside the output/)
    },
  )

  test('is not what the job reads', () => {
    expect(refused('file:///data/')).toThrow('the output file:///data/ is also read by the job')
  })
})

describe('a limit', () => {
  const job = new Job()
  const mapped = mapNode(job.jsonl('a'), job.fn('parse'))
  const skips = { onError: { tolerate: 1 } }

  test('stays above a map that may give nothing for a record: else it would give too few', () => {
    const outputs = [result(limitNode(mapped, 5))]
    expect(beforeAfter(job, outputs, pushLimits)).not.toContain('--- unchanged')
    expect(beforeAfter(job, outputs, pushLimits, skips)).toContain('--- unchanged')
  })

  test('of a sort is a top only where nothing between them may skip', () => {
    const sorted = sortNode(job.jsonl('b'), BY_X)
    const between = (input: Parameters<typeof limitNode>[0]) => [result(limitNode(input, 5))]
    const selected = between(selectNode(sorted, [{ from: 'x', as: 'x' }]))
    expect(beforeAfter(job, selected, topOfSort, skips)).toContain('top 5')
    const changed = between(mapNode(sorted, job.fn('change')))
    expect(beforeAfter(job, changed, topOfSort)).toContain('top 5')
    expect(beforeAfter(job, changed, topOfSort, skips)).toContain('--- unchanged')
  })
})
