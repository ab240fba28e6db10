/** `dunlin jobs list | show | clean`, on a store where one job went well and one failed. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dunlin, dunlinInThisProcess, jobFixture, temporaryDirectory } from './cli-process.ts'

interface Listed {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly startedAt: number
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
