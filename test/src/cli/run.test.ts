/** `dunlin run` and `explain` from outside, on the local engine. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLI, dunlin, jobFixture, temporaryDirectory } from './cli-process.ts'

/** Rows of all CSV parts below a directory, sorted. */
function csvRows(directory: string): string[] {
  const parts = readdirSync(directory).filter(name => name.startsWith('part-'))
  return parts.flatMap(name => readFileSync(join(directory, name), 'utf8').trim().split('\n').slice(1)).sort()
}

test('a job file with parameters writes its output; stdout stays empty, stderr tells', async () => {
  const cwd = temporaryDirectory()
  const args = ['run', jobFixture('count-letters.ts'), '--param', 'text=banana', '-p', 'output=here']
  const { code, stdout, stderr } = await dunlin(args, { cwd })
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' })
  expect(csvRows(join(cwd, 'here'))).toEqual(['a,3', 'b,1', 'n,2'])
  expect(existsSync(join(cwd, 'here', '_SUCCESS'))).toBe(true)
  expect(stderr).toMatch(/^count-letters: job \S+ on local, 1 stage\n/)
  expect(stderr).toMatch(/stage 0 finished in/)
  expect(stderr.match(/succeeded in/g)).toHaveLength(1)
  expect(stderr).toMatch(/✔ count-letters succeeded in/)
  expect(stderr).not.toContain('\u001b')
})

test('--json gives the report, --quiet silences people’s text', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout, stderr } = await dunlin(
    ['run', jobFixture('count-letters.ts'), '--json', '--quiet'],
    { cwd },
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'count-letters',
    state: 'succeeded',
    outputs: [{ rows: 5, uri: expect.stringContaining('out/letters') }],
  })
})

test('several outputs are one job', async () => {
  const cwd = temporaryDirectory()
  expect(await dunlin(['run', jobFixture('two-outputs.ts'), '--quiet'], { cwd })).toMatchObject({
    code: 0,
    stderr: '',
  })
  expect(readdirSync(join(cwd, 'out')).sort()).toEqual(['even', 'odd'])
  const { stdout } = await dunlin(['jobs', 'list', '--json'], { cwd })
  expect(JSON.parse(stdout)).toHaveLength(1)
})

test('a script runs by itself with its own arguments; its stdout is its own, progress is on stderr', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout, stderr } = await dunlin(['run', jobFixture('script.ts'), '--', 'a', '--b'], { cwd })
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'a+--b\n[ 10, 20, 30 ]\n' })
  expect(stderr).toMatch(/stage 0 started/)
  expect(stderr.match(/succeeded in/g)).toHaveLength(1)
})

test.each(['thread', 'process', 'inline'])('with workers as %s the result is the same', async isolation => {
  const cwd = temporaryDirectory()
  const options = ['--workers', '2', '--isolation', isolation, '--quiet']
  const { code, stderr } = await dunlin(['run', jobFixture('count-letters.ts'), ...options], { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(csvRows(join(cwd, 'out/letters'))).toEqual(['a,5', 'b,2', 'c,1', 'd,1', 'r,2'])
})

test('a function that throws ends the job with 1 and names record, line and function', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout, stderr } = await dunlin(['run', jobFixture('throws.ts')], { cwd })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('lengthOf')
  expect(stderr).toMatch(/throws\.ts:5/)
  expect(stderr).toContain('record  { name: null }')
  expect(existsSync(join(cwd, 'out/lengths/_SUCCESS'))).toBe(false)
})

test('with --json the failure is JSON on stdout', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout } = await dunlin(['run', jobFixture('throws.ts'), '--json', '-q'], { cwd })
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    error: {
      code: 'USER_FUNCTION',
      place: { stage: 0, task: expect.any(Number), operator: expect.any(String) },
    },
  })
})

test('explain prints the plan on stdout and runs nothing', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout, stderr } = await dunlin(['explain', jobFixture('count-letters.ts')], { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/stage 0/i)
  expect(readdirSync(cwd)).toEqual([])
  const asJson = await dunlin(['explain', jobFixture('count-letters.ts'), '--json'], { cwd })
  expect(JSON.parse(asJson.stdout)).toEqual({ explain: expect.stringMatching(/stage 0/i) })
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s stops the workers, leaves no output, and exits with %i', async (signal, exitCode) => {
  const cwd = temporaryDirectory()
  let signalled = 0
  const { code, stderr } = await dunlin(['run', jobFixture('endless.ts'), '--workers', '2'], {
    cwd,
    onStderr: (text, kill) => {
      if (signalled > 0 || !text.includes('stage 0 started')) return
      signalled = Date.now()
      kill(signal)
    },
  })
  expect(code, stderr).toBe(exitCode)
  expect(Date.now() - signalled).toBeLessThan(5_000)
  expect(stderr).toContain('stopping …')
  expect(existsSync(join(cwd, 'out/endless'))).toBe(false)
  const { stdout } = await dunlin(['jobs', 'list', '--json'], { cwd })
  expect(JSON.parse(stdout)).toMatchObject([{ name: 'endless', state: 'cancelled' }])
})

test('the second Ctrl-C ends at once', async () => {
  const cwd = temporaryDirectory()
  let sent = 0
  const { code } = await dunlin(['run', jobFixture('endless.ts')], {
    cwd,
    onStderr: (text, kill) => {
      if (text.includes(sent === 0 ? 'stage 0 started' : 'stopping …') && sent < 2) {
        sent++
        kill('SIGINT')
      }
    },
  })
  expect({ code, sent }).toEqual({ code: 130, sent: 2 })
})

test('a reader that has seen enough of a script’s output is no error', () => {
  const cwd = temporaryDirectory()
  const command = '"$@" -q | head -n 2; echo $PIPESTATUS'
  const args = [process.execPath, ...CLI, 'run', jobFixture('many-lines.ts')]
  const { stdout, stderr } = spawnSync('bash', ['-c', command, 'bash', ...args], { cwd, encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'line 0\nline 1\n0\n', stderr: '' })
})
