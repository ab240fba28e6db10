/** `dunlin jobs list | show | clean`, on a store where one job went well and one failed. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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
    if (state === 'ended') writeFileSync(join(folder, 'end.json'), '{}')
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
  expect(existsSync(join(store, 'jobs/good/end.json'))).toBe(true)
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
