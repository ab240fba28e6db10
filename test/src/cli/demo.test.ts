/** `dunlin demo` from outside: what a person sees first. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dunlin, temporaryDirectory } from './cli-process.ts'

/** Paths, ids, times and counts of requests, which vary, become what they are. */
function masked(text: string): string {
  return text
    .replace(/file:\/\/\S*dunlin-demo-\w+\/words\//g, '<uri>')
    .replace(/\S*dunlin-demo-\w+\/words/g, '<directory>')
    .replace(/\d{8}-\d{6}-\w{6}/g, '<job>')
    .replace(/\b\d+(\.\d+)? (ms|s)\b/g, '<time>')
    .replace(/\d+(\.\d+)? [kM]?B (read|written)/g, '<bytes> $2')
}

test('the demo shows pipeline, plan, progress, the words and what it took', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout, stderr } = await dunlin(['demo'], { cwd })
  expect(code, stderr).toBe(0)
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
       the  ████████████████████████████████████████████████████████████████  14,151
        of  █████████████████████████████▎                                     6,462
       and  ████████████████████████████▌                                      6,315
         a  █████████████████████                                              4,634
        to  ████████████████████▌                                              4,535
        in  ██████████████████▍                                                4,076
      that  █████████████▊                                                     3,039
       his  ███████████▎                                                       2,495
        it  ███████████▎                                                       2,491
         i  █████████▌                                                         2,108
        he  ████████▌                                                          1,875
       but  ████████▏                                                          1,804
         s  ███████▉                                                           1,734
        as  ███████▊                                                           1,719
        is  ███████▋                                                           1,689
    "
  `)
  const [before, rest] = masked(stderr).split('The plan') as [string, string]
  const [plan, after] = rest.split('The run') as [string, string]
  expect(before).toMatchInlineSnapshot(`
    "
    Every word of Moby-Dick; or, The Whale, counted

      read.text('moby-dick.txt')
        .flatMap(line => line.toLowerCase().match(/\\p{L}+/gu) ?? [])
        .valueCounts()
        .write.csv('words/')
        .run()

    "
  `)
  expect(plan).toMatch(/stage 0[\s\S]*FlatMap[\s\S]*PartialAggregate[\s\S]*stage 1[\s\S]*FinalAggregate/)
  for (const line of plan.split('\n')) {
    if (!/\/\S{30}/.test(line)) expect(line.length, line).toBeLessThanOrEqual(80)
  }
  expect(after).toMatchInlineSnapshot(`
    "

    demo: job <job> on local, 2 stages
    stage 0 started: 13 tasks, 1.20 MB: Scan text → FlatMap line => line.toLowerCase().match(/\\p{L}+ → PartialAggregate by value: count
    stage 0 finished in <time>: 13 tasks, 47,228 rows out
    stage 1 started: 4 tasks: FinalAggregate by value: count → Write csv
    stage 1 finished in <time>: 4 tasks, 16,683 rows out

    The 15 most frequent words


      ✔ <time> for 17 tasks in 2 stages
        214,403 words, 16,683 distinct; <bytes> read, <bytes> written
        all counts as CSV: <directory> (may be deleted)

    "
  `)

  const target = /as CSV: (\S+)\/words/.exec(stderr)![1]!
  expect(readFileSync(join(target, 'words/part-00000.csv'), 'utf8')).toMatch(/^value,count\n\p{L}+,\d+\n/u)
  rmSync(target, { recursive: true })
})

test('without the book the demo counts a seeded text; --json gives all of it as data', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout, stderr } = await dunlin(['demo', '--generated', '--json', '--quiet'], { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const told = JSON.parse(stdout) as { output: string; top: unknown[] }
  rmSync(join(told.output, '..'), { recursive: true })
  expect(told).toMatchObject({
    distinct: expect.any(Number),
    plan: expect.stringContaining('stage 0'),
    report: { state: 'succeeded', name: 'demo' },
  })
  expect(told.top.slice(0, 3)).toMatchInlineSnapshot(`
    [
      {
        "label": "nun",
        "value": 18068,
      },
      {
        "label": "beer",
        "value": 9264,
      },
      {
        "label": "his",
        "value": 6124,
      },
    ]
  `)
})

test('with --generated the pipeline that is shown reads the file that is read', async () => {
  const cwd = temporaryDirectory()
  const { code, stderr } = await dunlin(['demo', '--generated'], { cwd })
  expect(code, stderr).toBe(0)
  expect(stderr).toContain("read.text('generated.txt')")
  expect(stderr).not.toContain('moby-dick')
  rmSync(/as CSV: (\S+)\/words/.exec(stderr)![1]!, { recursive: true })
})
