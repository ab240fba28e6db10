/** `dunlin jobs list | show | clean`, on a store where one job went well and one failed. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { from, local } from 'dunlin'
import { expect, test } from 'vitest'
import { encodeRecord } from '../../../src/job/record.ts'
import { systemPlace } from '../../../src/ports/system-place.ts'
import { dunlin, dunlinInThisProcess, jobFixture, temporaryDirectory } from './cli-process.ts'

interface Listed {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly startedAt: number
}

/** A store that holds the records of these jobs, as far as cleaning looks at them. */
function storeWith(jobs: Readonly<Record<string, 'ended' | 'open'>>): string {
  const store = temporaryDirectory()
  for (const [id, state] of Object.entries(jobs)) {
    const folder = join(store, 'jobs', id)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'plan.json'), '{}')
    if (state === 'open') continue
    mkdirSync(join(folder, 'ends'))
    writeFileSync(join(folder, 'ends/000001-ended.json'), '{}')
  }
  return store
}

test('jobs are listed, shown and cleaned; their outputs stay', async () => {
  const cwd = temporaryDirectory()
  await dunlin(['run', jobFixture('count-letters.ts'), '-q', '--store', 'kept'], { cwd })
  await dunlin(['run', jobFixture('throws.ts'), '-q', '--store', 'kept'], { cwd })
  expect(existsSync(join(cwd, '.dunlin'))).toBe(false)
  const jobsVerb = (...args: string[]) => dunlinInThisProcess(['jobs', ...args, '--store', join(cwd, 'kept')])
  const listed = async () => JSON.parse((await jobsVerb('list', '--json')).stdout) as Listed[]

  const jobs = await listed()
  expect(jobs).toMatchObject([
    { name: 'throws', state: 'failed', startedAt: expect.any(Number) },
    { name: 'count-letters', state: 'succeeded', startedAt: expect.any(Number) },
  ])
  const [failed, succeeded] = jobs as [Listed, Listed]

  const table = await jobsVerb('list')
  expect(table).toMatchObject({ code: 0, stderr: '' })
  expect(table.stdout.split('\n')[0]).toMatch(/^id\s+name\s+state\s+started\s+took$/)
  expect(table.stdout).toContain(succeeded.id)

  const shown = await jobsVerb('show', succeeded.id)
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toMatch(/✔ count-letters succeeded in/)
  expect(shown.stdout).toMatch(/stage\s+tasks\s+retries\s+rows in\s+rows out/)
  expect((await jobsVerb('show', failed.id)).stdout).toContain('lengthOf')
  expect(JSON.parse((await jobsVerb('show', failed.id, '--json')).stdout)).toMatchObject({
    ...{ id: failed.id, state: 'failed', failure: { code: 'USER_FUNCTION' } },
  })

  const young = await jobsVerb('clean', '--older-than', '7d')
  expect(young).toMatchObject({ code: 0, stderr: expect.stringContaining('removed 0 jobs') })
  const one = await jobsVerb('clean', failed.id, '--json')
  expect(JSON.parse(one.stdout)).toMatchObject({ jobs: [failed.id], kept: [] })
  expect((await listed()).map(job => job.id)).toEqual([succeeded.id])

  expect((await jobsVerb('clean', '--code')).stderr).toContain('removed 1 job:')
  expect(await listed()).toEqual([])
  expect(existsSync(join(cwd, 'out/letters/_SUCCESS'))).toBe(true)
})

test('a job that is not there cannot be cleaned', async () => {
  const store = temporaryDirectory()
  const { code, stderr } = await dunlinInThisProcess(['jobs', 'clean', 'nope', '--store', store])
  expect(code).toBe(1)
  expect(stderr).toContain('has no job nope')
})

test('named jobs are cleaned all or not at all, and --json is one document in either case', async () => {
  const store = storeWith({ good: 'ended' })
  const clean = (...ids: string[]) =>
    dunlinInThisProcess(['jobs', 'clean', ...ids, '--store', store, '--json'])
  const refused = await clean('good', 'nope')
  expect(refused.code).toBe(1)
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } })
  expect(refused.stderr).toContain('has no job nope; nothing was removed')
  expect(existsSync(join(store, 'jobs/good/ends/000001-ended.json'))).toBe(true)
  const done = await clean('good')
  expect(done.code).toBe(0)
  expect(JSON.parse(done.stdout)).toMatchObject({ jobs: ['good'] })
})

test('cleaning all says how many jobs without an end were kept, and how to remove them', async () => {
  const store = storeWith({ good: 'ended', dead: 'open', alive: 'open' })
  const { code, stderr } = await dunlinInThisProcess(['jobs', 'clean', '--store', store])
  expect(code).toBe(0)
  expect(stderr).toContain('removed 1 job: ')
  expect(stderr).toContain('kept 2 jobs without a recorded end; ')
  expect(stderr).toContain('`dunlin jobs clean <id> --running`')
  const named = await dunlinInThisProcess(['jobs', 'clean', 'dead', 'alive', '--running', '--store', store])
  expect(named.stderr).toContain('removed 2 jobs: ')
  expect(named.stderr).not.toContain('kept')
})

test('a named job without an end that is kept is told by its id alone', async () => {
  const store = storeWith({ dead: 'open' })
  const { stderr } = await dunlinInThisProcess(['jobs', 'clean', 'dead', '--store', store])
  expect(stderr.match(/^kept .*/gm)).toEqual([
    'kept dead: no end is recorded; if its driver is dead, `dunlin jobs clean dead --running`',
  ])
})

test('cleaning takes what a job has left, however much, and nothing that no job has made', async () => {
  const cwd = temporaryDirectory()
  const engine = local({ directory: join(cwd, 'kept'), base: cwd, workers: 1, isolation: 'inline' })
  const report = await from(['a', 'b']).write.text('out').run({ engine })
  await engine.close()
  const left = join(cwd, 'kept/jobs', report.job, 'stage-0/data')
  mkdirSync(left, { recursive: true })
  for (let i = 0; i < 1_250; i++) writeFileSync(join(left, `${i}-1-00.arrow`), 'rows')
  const staged = join(cwd, 'out/_dunlin', report.job)
  mkdirSync(staged, { recursive: true })
  writeFileSync(join(staged, '0-0-1-00.txt'), 'a part that came late')
  const foreign = [
    'kept/mine.txt',
    'kept/jobs/mine.txt',
    'mine.txt',
    'out/mine.txt',
    'out/_dunlin/other/0.txt',
  ]
  for (const name of foreign) {
    mkdirSync(join(cwd, name, '..'), { recursive: true })
    writeFileSync(join(cwd, name), name)
  }
  const outputs = () => readdirSync(join(cwd, 'out')).sort()
  const before = outputs()

  const clean = async (...args: string[]) => {
    const done = await dunlinInThisProcess(['jobs', 'clean', ...args, '--json', '--store', join(cwd, 'kept')])
    expect(done.code, done.stderr).toBe(0)
    return JSON.parse(done.stdout) as { jobs: string[]; objects: number }
  }
  expect(await clean('--older-than', '1h')).toMatchObject({ jobs: [], objects: 0 })
  const cleaned = await clean('--older-than', '1ms')
  expect(cleaned.jobs).toEqual([report.job])
  expect(cleaned.objects).toBeGreaterThan(1_250)
  expect(readdirSync(join(cwd, 'kept/jobs'))).toEqual(['mine.txt'])
  for (const name of foreign) expect(readFileSync(join(cwd, name), 'utf8')).toBe(name)
  expect(outputs()).toEqual(before)
  expect(readdirSync(join(cwd, 'out/_dunlin'))).toEqual(['other'])
})

test('what a driver left that died before its plan was written is cleaned, unless it may be planning still', async () => {
  const store = temporaryDirectory()
  const begin = (id: string, pid: number): void => {
    mkdirSync(join(store, 'jobs', id, 'lease'), { recursive: true })
    const holder = { host: hostname(), machine: systemPlace.machine, pid, nonce: '00', lapseMs: 20_000 }
    const lease = { epoch: 1, holder, beat: 0, released: false }
    writeFileSync(join(store, 'jobs', id, 'lease/000001.json'), encodeRecord({ version: 1, ...lease }))
  }
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const { pid: dead } = spawnSync(process.execPath, ['--version'])
  begin(`${today}-000000-dead00`, dead)
  begin(`${today}-000000-alive0`, process.pid)
  begin('20200101-000000-old000', process.pid)
  const { stdout } = await dunlinInThisProcess(['jobs', 'clean', '--json', '--store', store])
  expect(JSON.parse(stdout)).toMatchObject({
    jobs: ['20200101-000000-old000', `${today}-000000-dead00`],
    unended: 1,
  })
  expect(readdirSync(join(store, 'jobs'))).toEqual([`${today}-000000-alive0`])
})

test('the table of stages is as wide as the terminal at most, and whole in a pipe', async () => {
  const cwd = temporaryDirectory()
  const store = join(cwd, 'kept')
  await dunlin(['run', jobFixture('count-letters.ts'), '-q', '--store', store], { cwd })
  const [job] = JSON.parse(
    (await dunlinInThisProcess(['jobs', 'list', '--json', '--store', store])).stdout,
  ) as [Listed]
  const stages = async () => {
    const { stdout } = await dunlinInThisProcess(['jobs', 'show', job.id, '--store', store])
    return stdout
      .trimEnd()
      .split('\n')
      .slice(stdout.split('\n').findIndex(line => /^stage /.test(line)))
  }
  const whole = await stages()
  expect(whole[1]).toContain('Write csv')
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns')
  Object.defineProperty(process.stdout, 'columns', { value: 80, configurable: true, writable: true })
  try {
    const cut = await stages()
    expect(cut).toHaveLength(whole.length)
    expect(cut[1]).toMatch(/…$/)
    for (const line of cut) expect(line.length).toBeLessThanOrEqual(80)
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.stdout, 'columns')
    else Object.defineProperty(process.stdout, 'columns', before)
  }
})
