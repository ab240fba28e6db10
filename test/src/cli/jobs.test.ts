/** `dunlin jobs list | show | clean` from outside. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dunlin, jobFixture, temporaryDirectory } from './cli-process.ts'

interface Listed {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly startedAt: number
}

async function listed(cwd: string): Promise<Listed[]> {
  return JSON.parse((await dunlin(['jobs', 'list', '--json'], { cwd })).stdout) as Listed[]
}

test('jobs are listed, shown and cleaned; their outputs stay', async () => {
  const cwd = temporaryDirectory()
  await dunlin(['run', jobFixture('count-letters.ts'), '-q'], { cwd })
  await dunlin(['run', jobFixture('throws.ts'), '-q'], { cwd })

  const jobs = await listed(cwd)
  expect(jobs).toMatchObject([
    { name: 'throws', state: 'failed', startedAt: expect.any(Number) },
    { name: 'count-letters', state: 'succeeded', startedAt: expect.any(Number) },
  ])
  const [failed, succeeded] = jobs as [Listed, Listed]

  const table = await dunlin(['jobs', 'list'], { cwd })
  expect(table).toMatchObject({ code: 0, stderr: '' })
  expect(table.stdout.split('\n')[0]).toMatch(/^id\s+name\s+state\s+started\s+took$/)
  expect(table.stdout).toContain(succeeded.id)

  const shown = await dunlin(['jobs', 'show', succeeded.id], { cwd })
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toMatch(/✔ count-letters succeeded in/)
  expect(shown.stdout).toMatch(/stage\s+tasks\s+retries\s+rows in\s+rows out/)
  expect((await dunlin(['jobs', 'show', failed.id], { cwd })).stdout).toContain('lengthOf')
  const record = JSON.parse((await dunlin(['jobs', 'show', failed.id, '--json'], { cwd })).stdout) as object
  expect(record).toMatchObject({ id: failed.id, state: 'failed', failure: { code: 'USER_FUNCTION' } })

  const young = await dunlin(['jobs', 'clean', '--older-than', '7d'], { cwd })
  expect(young).toMatchObject({ code: 0, stderr: expect.stringContaining('removed 0 jobs') })
  const one = await dunlin(['jobs', 'clean', failed.id, '--json'], { cwd })
  expect(JSON.parse(one.stdout)).toMatchObject({ jobs: [failed.id], kept: [] })
  expect((await listed(cwd)).map(job => job.id)).toEqual([succeeded.id])

  expect((await dunlin(['jobs', 'clean'], { cwd })).stderr).toContain('removed 1 job:')
  expect(await listed(cwd)).toEqual([])
  expect(readdirSync(join(cwd, '.dunlin')).filter(name => name !== 'code')).toEqual([])
  expect(existsSync(join(cwd, 'out/letters/_SUCCESS'))).toBe(true)
})

test('a job that is not there cannot be cleaned', async () => {
  const cwd = temporaryDirectory()
  const { code, stderr } = await dunlin(['jobs', 'clean', 'nope'], { cwd })
  expect(code).toBe(1)
  expect(stderr).toContain('has no job nope')
})

test('--store says where jobs are kept', async () => {
  const cwd = temporaryDirectory()
  await dunlin(['run', jobFixture('count-letters.ts'), '-q', '--store', 'elsewhere'], { cwd })
  expect(existsSync(join(cwd, '.dunlin'))).toBe(false)
  expect(
    JSON.parse((await dunlin(['jobs', 'list', '--json', '--store', 'elsewhere'], { cwd })).stdout),
  ).toHaveLength(1)
})
