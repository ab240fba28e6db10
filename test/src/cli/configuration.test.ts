/** What `dunlin.config.ts`, the environment and flags say, as commands and plain programs see it. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { dunlin, jobFixture, temporaryDirectory } from './cli-process.ts'

/** A project with dunlin installed. */
function project(config: string): string {
  const cwd = temporaryDirectory()
  mkdirSync(join(cwd, 'node_modules'))
  symlinkSync(resolve('.'), join(cwd, 'node_modules', 'dunlin'))
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(cwd, 'dunlin.config.ts'), config)
  return cwd
}

const keptIn = (directory: string): string => `
import { defineConfig } from 'dunlin'
export default defineConfig({ local: { directory: '${directory}', workers: 1 } })
`

test('init writes a configuration into a plain directory, with which commands work, and replaces none', async () => {
  const cwd = temporaryDirectory()
  const file = join(cwd, 'dunlin.config.ts')
  const first = await dunlin(['init', '--json'], { cwd })
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('wrote ') })
  expect(JSON.parse(first.stdout)).toEqual({ file })
  expect(readFileSync(file, 'utf8')).toContain('export default defineConfig({')
  expect(await dunlin(['jobs', 'list'], { cwd })).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^no jobs in file:.*\.dunlin\/\n$/),
  })
  writeFileSync(file, 'export default {}')
  expect(await dunlin(['init'], { cwd })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('dunlin.config.ts is there already, and nothing was written'),
  })
  expect(readFileSync(file, 'utf8')).toBe('export default {}')
})

test('a job run by plain node, and jobs list from a directory below, use the file of the project', async () => {
  const cwd = project(keptIn('kept'))
  writeFileSync(
    join(cwd, 'job.mjs'),
    "import { from } from 'dunlin'\nawait from(['a']).write.text('out').run()\n",
  )
  await promisify(execFile)(process.execPath, ['--conditions=development', 'job.mjs'], { cwd })
  expect(existsSync(join(cwd, 'kept', 'jobs'))).toBe(true)
  expect(existsSync(join(cwd, '.dunlin'))).toBe(false)
  const below = join(cwd, 'reports')
  mkdirSync(below)
  const { stdout } = await dunlin(['jobs', 'list', '--json'], { cwd: below })
  expect(JSON.parse(stdout)).toMatchObject([{ state: 'succeeded' }])
})

test('a flag comes before the environment, and the environment before the file', async () => {
  const cwd = project(keptIn('kept'))
  const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    dunlin(['run', jobFixture('count-letters.ts'), '-q', '-p', `output=out${args.length}`, ...args], {
      cwd,
      env,
    })
  expect(await run([], { DUNLIN_STORE: 'by-environment' })).toMatchObject({ code: 0 })
  expect(await run(['--store', 'by-flag'], { DUNLIN_STORE: 'by-environment-2' })).toMatchObject({ code: 0 })
  const there = ['kept', 'by-environment', 'by-flag', 'by-environment-2'].filter(name =>
    existsSync(join(cwd, name)),
  )
  expect(there).toEqual(['by-environment', 'by-flag'])
})

test.each([
  [['run', jobFixture('count-letters.ts')]],
  [['explain', jobFixture('count-letters.ts')]],
  [['jobs', 'list']],
  [['jobs', 'resume', '20261121-034112-x7f3k2']],
])('%j says which key of which file is wrong, and ends with 3', async args => {
  const cwd = project("export default { engine: 'local', lokal: { workers: 2 } }")
  const { code, stderr } = await dunlin(args, { cwd })
  expect(stderr).toMatch(/dunlin\.config\.ts: there is no setting lokal\n.*hint +Is local meant\?/)
  expect(code).toBe(3)
})

test('what an engine says of its options comes with the file that they may stand in', async () => {
  const cwd = project("export default { engine: 'aws', aws: { name: 'Shop' } }")
  const { code, stderr } = await dunlin(['jobs', 'list'], { cwd })
  expect(code).toBe(3)
  expect(stderr).toContain('aws.name is "Shop", not lower-case letters')
  expect(stderr).toContain('dunlin.config.ts')
})
