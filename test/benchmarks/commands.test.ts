/** Every measuring command, on little data: figures do not matter here, that it runs and finds its answers right does. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'dunlin-benchmarks-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function command(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=development',
    `benchmarks/${name}.ts`,
    ...args,
    '--directory',
    directory,
  ])
  return stdout
}

test('check-wordcount finds equal bytes, and the counts that others count', async () => {
  const text = await command('check-wordcount', '--bytes', '1e5', '--by', 'words')
  expect(text).toMatch(/Bytes equal; counts equal; \d+ distinct words/)
}, 60_000)

test('check-sort finds every output in order, with the records of its input', async () => {
  const text = await command('check-sort', '--records', '2e4', '--distribution', 'skewed', '--only', '3')
  expect(text).toContain('All in order, with equal checksums and equal bytes.')
  expect(text).toMatch(/^\| skewed +\| +process \| +1 \| +16 \|.*right \|$/m)
}, 60_000)

test('shuffle checks its sums and the growth of the driver', async () => {
  const text = await command('shuffle', '--bytes', '2e6', '--side', '8')
  expect(text).toContain('8 × 8 slices')
  expect(text).toContain('The driver grew by less than the bound')
}, 60_000)

test('tasks plans and schedules as many tasks as it was told', async () => {
  const text = await command('tasks', '--tasks', '50', '--slots', '5')
  expect(text).toMatch(/^\| 50 +\|/m)
}, 60_000)
