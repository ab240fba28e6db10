import { describe, expect, test } from 'vitest'
import {
  aggregateNode,
  distinctByNode,
  type JoinNode,
  joinNode,
  type LogicalNode,
  mapNode,
  setNode,
  withNode,
} from '../../../planner/index.ts'
import type { PlanOptions } from '../../../planner/options.ts'
import { placeExchanges } from '../../../planner/rules/place-exchanges.ts'
import { shareNodes } from '../../../planner/rules/share-nodes.ts'
import { Job, result } from '../job.ts'
import { beforeAfter } from './before-after.ts'

/** Text of so many MiB, a task each. Over 16 of them are too large to broadcast. */
function joined(left: LogicalNode, right: LogicalNode, more: Partial<JoinNode> = {}): JoinNode {
  const on = more.how === 'cross' ? [] : [{ left: 'value', right: 'value' }]
  return joinNode({ left, right, how: 'inner', on, strategy: 'auto', divideSkew: 'auto', ...more })
}

const setup = (job: Job, root: LogicalNode, options: PlanOptions = {}) =>
  beforeAfter(job, [result(root)], placeExchanges, options)
/** The draft after the rule alone. */
const placed = (job: Job, root: LogicalNode, options: PlanOptions = {}) =>
  setup(job, root, options).split('--->\n')[1] ?? 'unchanged'

test('a small side goes to every task of the other, which stays where it is', () => {
  const job = new Job()
  const names = mapNode(job.text('names', 2), job.fn('parse'))
  expect(setup(job, joined(mapNode(job.text('orders', 40), job.fn('clean')), names))).toMatchInlineSnapshot(`
    "result
      join inner on ["value" = "value"] build right (40)
        rows map #1 (40)
          scan orders/*.txt (40)
        rows map #0 (2)
          scan names/*.txt (2)
    --->
    result
      join inner on ["value" = "value"] build right (40)
        rows map #1 (40)
          scan orders/*.txt (40)
        exchange broadcast (1)
          rows map #0 (2)
            scan names/*.txt (2)"
  `)
})

test('two large sides are divided by their keys, into partitions for the bytes of both', () => {
  const job = new Job()
  const on = [
    { left: 'a', right: 'x' },
    { left: 'b', right: 'y' },
  ]
  expect(setup(job, joined(job.text('l', 50), job.text('r', 40), { on }))).toMatchInlineSnapshot(`
    "result
      join inner on ["a" = "x", "b" = "y"] build right (50)
        scan l/*.txt (50)
        scan r/*.txt (40)
    --->
    result
      join inner on ["a" = "x", "b" = "y"] build right (3)
        exchange hash("a", "b"; 3) (3)
          scan l/*.txt (50)
        exchange hash("x", "y"; 3) (3)
          scan r/*.txt (40)"
  `)
})

describe('the side that is built, and broadcast where it is small', () => {
  test.each<[JoinNode['how'], string, string]>([
    ['inner', 'left', 'right'],
    ['left', 'right', 'right'],
    ['semi', 'right', 'right'],
    ['anti', 'right', 'right'],
    ['right', 'left', 'left'],
    ['full', 'left', 'right'],
    ['cross', 'left', 'right'],
  ])('%s: %s of a light left, %s of a light right', (how, ofLightLeft, ofLightRight) => {
    const built = (left: number, right: number) => {
      const job = new Job()
      const text = placed(job, joined(job.text('l', left), job.text('r', right), { how }))
      return /build (\w+)/.exec(text)![1]
    }
    expect([built(2, 60), built(60, 2)]).toEqual([ofLightLeft, ofLightRight])
  })

  test.each<[JoinNode['how'], string[]]>([
    ['inner', ['l', 'r']],
    ['left', ['', 'r']],
    ['semi', ['', 'r']],
    ['anti', ['', 'r']],
    ['right', ['l', '']],
    ['full', ['', '']],
    ['cross', ['l', 'r']],
  ])('%s: %j are broadcast, if light', (how, expected) => {
    const broadcast = (left: number, right: number) => {
      const job = new Job()
      const text = placed(job, joined(job.text('l', left), job.text('r', right), { how }))
      return /exchange broadcast.*\n\s*scan (\w)/.exec(text)?.[1] ?? ''
    }
    expect([broadcast(16, 60), broadcast(60, 16)]).toEqual(expected)
    // A byte more, and only what has no other way.
    if (how !== 'cross') expect([broadcast(17, 60), broadcast(60, 17)]).toEqual(['', ''])
  })
})

describe('what was asked', () => {
  const how = (more: Partial<JoinNode>, left = 40, right = 40) => {
    const job = new Job()
    const text = placed(job, joined(job.text('l', left), job.text('r', right), more))
    return [...text.matchAll(/exchange (\w+)/g)].map(([, kind]) => kind).join(' ')
  }

  test('a broadcast of any size', () => {
    expect(how({ strategy: 'broadcast' })).toBe('broadcast')
    expect(how({ strategy: 'broadcast', how: 'right' })).toBe('broadcast')
  })
  test('no broadcast', () => expect(how({ strategy: 'exchange' }, 80, 1)).toBe('hash hash'))
  test('a broadcast of more', () => expect(how({ broadcastBytes: 40 << 20 })).toBe('broadcast'))
  test('a broadcast of less', () => expect(how({ broadcastBytes: (1 << 20) - 1 }, 80, 1)).toBe('hash hash'))
  test('partitions, by `with` and for the job', () => {
    const partitions = (resources: { partitions?: number }, options: PlanOptions) => {
      const job = new Job()
      const join = joined(job.text('l', 40), job.text('r', 40))
      return /; (\d+)\)/.exec(placed(job, withNode(join, resources), options))![1]
    }
    expect(partitions({ partitions: 7 }, { partitions: 5 })).toBe('7')
    expect(partitions({}, { partitions: 5 })).toBe('5')
    expect(partitions({}, {})).toBe('3')
  })
})

test('one task on both sides joins what it has', () => {
  const job = new Job()
  const root = joined(job.text('l', 1), job.text('r', 1), { how: 'full' })
  expect(setup(job, root)).toMatchInlineSnapshot(`
    "result
      join full on ["value" = "value"] build right (1)
        scan l/*.txt (1)
        scan r/*.txt (1)
    --->
    result
      join full on ["value" = "value"] build right (1)
        scan l/*.txt (1)
        scan r/*.txt (1)"
  `)
})

test('one task on both sides is divided where partitions were asked for', () => {
  const job = new Job()
  const join = joined(job.text('l', 1), job.text('r', 1), { how: 'full' })
  expect(placed(job, withNode(join, { partitions: 3 }))).toMatchInlineSnapshot(`
    "result
      join full on ["value" = "value"] build right (3)
        exchange hash("value"; 3) (3)
          scan l/*.txt (1)
        exchange hash("value"; 3) (3)
          scan r/*.txt (1)"
  `)
})

test('one partition is where all rows meet; a side of one task has met', () => {
  const job = new Job()
  const root = joined(job.text('l', 1), job.text('r', 3), { how: 'full' })
  expect(placed(job, root)).toMatchInlineSnapshot(`
    "result
      join full on ["value" = "value"] build left (1)
        scan l/*.txt (1)
        exchange gather (1)
          scan r/*.txt (3)"
  `)
})

describe('keys of many rows', () => {
  const sides = (job: Job, more: Partial<JoinNode>, left = 300, right = 40) =>
    placed(job, joined(job.text('l', left), job.text('r', right), more))

  test('are divided by order where the streamed side is large, and the other side follows them', () => {
    const job = new Job()
    const on = [{ left: 'a', right: 'x' }]
    const left = mapNode(job.text('l', 300), job.fn('parse'))
    expect(placed(job, joined(left, job.text('r', 40), { on, how: 'left' }))).toMatchInlineSnapshot(`
      "result
        join left on ["a" = "x"] build right (11)
          exchange range("a" asc nulls last; 11) (11)
            @1 = exchange none (300)
              rows map #0 (300)
                scan l/*.txt (300)
            @2 = exchange broadcast (1)
              splitters 11 (1)
                exchange gather (1)
                  sampleKeys 64 of 1, key bytes 111848, by "a" asc nulls last (300)
                    @1
          exchange range("x" asc nulls last; 11; replicate) (11)
            scan r/*.txt (40)
            @2"
    `)
  })

  test.each<[string, boolean, Partial<JoinNode>, number, number]>([
    ['asked for', true, { divideSkew: true }, 40, 30],
    ['forbidden', false, { divideSkew: false }, 300, 40],
    ['by size', true, {}, 256, 40],
    ['under that size', false, {}, 255, 40],
    ['by the size of the streamed side alone', false, { how: 'right' }, 300, 40],
    ['of a right join, by its right', true, { how: 'right' }, 40, 300],
    ['semi', true, { how: 'semi' }, 300, 40],
    ['anti', true, { how: 'anti' }, 300, 40],
    ['full: never', false, { how: 'full' }, 300, 300],
  ])('%s: %s', (_, divided, more, left, right) => {
    expect(sides(new Job(), more, left, right).includes('exchange range')).toBe(divided)
  })

  test('are not divided where there is one partition', () => {
    const job = new Job()
    const join = joined(job.text('l', 40), job.text('r', 30), { divideSkew: true })
    expect(placed(job, withNode(join, { partitions: 1 }))).not.toContain('range')
  })
})

test('a dataset joined with itself is divided once', () => {
  const job = new Job()
  const rows = mapNode(job.text('l', 40), job.fn('parse'))
  expect(
    beforeAfter(job, [result(joined(rows, rows))], [placeExchanges, shareNodes]).split('--->\n')[1],
  ).toMatchInlineSnapshot(`
    "result
      join inner on ["value" = "value"] build right (3)
        @1 = exchange hash("value"; 3) (3)
          rows map #0 (40)
            scan l/*.txt (40)
        @1"
  `)
})

test('a small dataset that two joins read is broadcast once', () => {
  const job = new Job()
  const names = job.text('names', 2)
  const root = joined(joined(job.text('l', 40), names), names)
  expect(placed(job, root)).toMatchInlineSnapshot(`
    "result
      join inner on ["value" = "value"] build right (40)
        join inner on ["value" = "value"] build right (40)
          scan l/*.txt (40)
          @1 = exchange broadcast (1)
            scan names/*.txt (2)
        @1"
  `)
})

describe('set verbs', () => {
  test('of large sides divide whole records, and are distinct where these meet', () => {
    const job = new Job()
    expect(setup(job, setNode('except', job.text('l', 40), job.text('r', 40)))).toMatchInlineSnapshot(`
      "result
        aggregate complete by *: [] object (40)
          join anti on * nulls equal build right (40)
            scan l/*.txt (40)
            scan r/*.txt (40)
      --->
      result
        aggregate complete by *: [] object (3)
          join anti on * nulls equal build right (3)
            exchange hash(*; 3) (3)
              scan l/*.txt (40)
            exchange hash(*; 3) (3)
              scan r/*.txt (40)"
    `)
  })

  test('with a small right are distinct as any dataset is', () => {
    const job = new Job()
    expect(placed(job, setNode('intersect', job.text('l', 40), job.text('r', 2)))).toMatchInlineSnapshot(`
      "result
        aggregate final by *: [] object (2)
          exchange hash(*; 2) (2)
            aggregate partial by *: [] object (40)
              join semi on * nulls equal build right (40)
                scan l/*.txt (40)
                exchange broadcast (1)
                  scan r/*.txt (2)"
    `)
  })

  test('of one task each need no exchange', () => {
    const job = new Job()
    expect(placed(job, setNode('intersect', job.text('l', 1), job.text('r', 1)))).not.toContain('exchange')
  })
})

describe('distinct by key', () => {
  const byHost = (job: Job, input: LogicalNode): LogicalNode =>
    distinctByNode(input, [
      { kind: 'function', fn: job.fn('host'), as: 'key 0' },
      { kind: 'column', column: 'user', as: 'user' },
      { kind: 'function', fn: job.fn('day'), as: 'key 2' },
    ])

  test('computes keys as columns, and works before the exchange and after it', () => {
    const job = new Job()
    expect(setup(job, byHost(job, job.text('a', 80)))).toMatchInlineSnapshot(`
      "result
        dropColumns "\\u0000distinct0", "\\u0000distinct1" (80)
          distinctBy complete "\\u0000distinct0", "user", "\\u0000distinct1" (80)
            addColumns "\\u0000distinct0" = #0, "\\u0000distinct1" = #1 (80)
              scan a/*.txt (80)
      --->
      result
        dropColumns "\\u0000distinct0", "\\u0000distinct1" (3)
          distinctBy final "\\u0000distinct0", "user", "\\u0000distinct1" (3)
            exchange hash("\\u0000distinct0", "user", "\\u0000distinct1"; 3) (3)
              distinctBy partial "\\u0000distinct0", "user", "\\u0000distinct1" (80)
                addColumns "\\u0000distinct0" = #0, "\\u0000distinct1" = #1 (80)
                  scan a/*.txt (80)"
    `)
  })

  test('meets in one task where little is read', () => {
    const job = new Job()
    expect(placed(job, byHost(job, job.text('a', 2)))).toContain('exchange gather')
  })

  test('needs no exchange in one task', () => {
    const job = new Job()
    expect(setup(job, byHost(job, job.text('a', 1)))).toContain('distinctBy complete')
    expect(placed(job, byHost(job, job.text('a', 1)))).not.toContain('exchange')
  })

  test('divides one task where partitions were asked for', () => {
    const job = new Job()
    const root = withNode(byHost(job, job.text('a', 1)), { partitions: 2 })
    expect(placed(job, root)).toContain('exchange hash')
  })
})

test('an aggregation of a join counts the tasks of the join', () => {
  const job = new Job()
  const count = (input: LogicalNode) =>
    aggregateNode(input, [], [{ as: 'n', spec: { op: 'count' } }], 'scalar')
  expect(placed(job, count(joined(job.text('l', 1), job.text('r', 1))))).not.toContain('exchange')
  const broadcast = placed(job, count(joined(job.text('l', 40), job.text('r', 1))))
  expect(broadcast).toMatch(/aggregate final.*\(1\)\n\s*exchange gather \(1\)\n\s*aggregate partial.*\(40\)/)
})
