/** The closing line of `.ci/run`. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const TALLY = fileURLToPath(new URL('../../.ci/tally.mjs', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'dunlin-tally-'))
afterAll(() => rmSync(directory, { recursive: true }))

function tally(log: string, status: number): { last: string; code: number | null } {
  const file = join(directory, 'log')
  writeFileSync(file, log)
  const { stdout, status: code } = spawnSync(process.execPath, [TALLY, file, String(status)], {
    encoding: 'utf8',
  })
  return { last: stdout.trimEnd().split('\n').at(-1) ?? '', code }
}

const GREEN = `
 ✓ test/src/a.test.ts (3 tests | 1 skipped | 1 todo) 2ms

 Test Files  1 passed (1)
      Tests  10 passed | 1 skipped | 1 todo (12)
Type Errors  no errors
   Start at  03:50:01
`

test('the closing counts of a run become the line', () => {
  expect(tally(GREEN, 0)).toEqual({ last: '10 passed, 0 failed, 2 skipped', code: 0 })
})

test('several runs in one log are added up', () => {
  const red = ' Test Files  1 failed | 2 passed (3)\n      Tests  2 failed | 5 passed (7)\n'
  expect(tally(GREEN + red, 1).last).toBe('15 passed, 2 failed, 2 skipped')
})

test('colours do not hide the counts', () => {
  const coloured =
    '\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m\u001b[2m | \u001b[22m\u001b[1m\u001b[32m7 passed\u001b[39m\u001b[22m\u001b[90m (8)\u001b[39m\r\n'
  expect(tally(coloured, 1).last).toBe('7 passed, 1 failed')
})

test('a file that cannot be loaded is a failure without a failed test', () => {
  expect(tally(' Test Files  2 failed | 1 passed (3)\n      Tests  4 passed (4)\n', 1).last).toBe(
    '4 passed, 2 failed',
  )
})

test('a bad exit status is at least one failure', () => {
  expect(tally(GREEN, 1).last).toBe('10 passed, 1 failed, 2 skipped')
})

test('a run without tests fails', () => {
  expect(tally('npm error code ENOENT\n', 0)).toEqual({ last: '0 passed, 1 failed', code: 1 })
  expect(tally('      Tests  no tests\n', 0)).toEqual({ last: '0 passed, 1 failed', code: 1 })
})

test('what a test prints about tests is not counted', () => {
  expect(tally(`it said: Tests  99 failed (99) to me\n${GREEN}`, 0).last).toBe(
    '10 passed, 0 failed, 2 skipped',
  )
})
