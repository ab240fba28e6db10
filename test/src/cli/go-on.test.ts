/** `dunlin jobs resume | retry | cancel` and Ctrl-C, as processes of their own, on a job that waits until it may end. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { local } from 'dunlin'
import { beforeAll, expect, test, vi } from 'vitest'
import gated from '../../fixtures/jobs/gated.ts'
import { processesNaming } from '../../kills/driver-process.ts'
import {
  type CliOptions,
  type CliResult,
  dunlin,
  dunlinInThisProcess,
  jobFixture,
  temporaryDirectory,
} from './cli-process.ts'

/** Looked at from elsewhere: how the job of a directory is listed. */
interface Listed {
  readonly id: string
  readonly state: string
}

const RUN = ['run', jobFixture('gated.ts'), '--workers', '2', '--isolation', 'process']
const OUTPUT = 'out/gated'
/** A lease of this length is looked at five times in it. */
const QUICK = { DUNLIN_LAPSE_MS: '2000' }

/** What the job writes when nothing disturbs it: file by file. */
let undisturbed: readonly string[]
beforeAll(async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'dunlin-cli-'))
  const engine = local({ directory: join(cwd, '.dunlin'), base: cwd, workers: 2 })
  await gated({ gate: cwd, output: OUTPUT }).run({ engine })
  await engine.close()
  undisturbed = filesOf(cwd)
  rmSync(cwd, { recursive: true, force: true })
})

const filesOf = (cwd: string): string[] =>
  readdirSync(join(cwd, OUTPUT))
    .sort()
    .map(name => (name === '_SUCCESS' ? name : `${name} ${readFileSync(join(cwd, OUTPUT, name), 'utf8')}`))

async function listed(cwd: string): Promise<Listed> {
  const { stdout } = await dunlinInThisProcess(['jobs', 'list', '--json', '--store', join(cwd, '.dunlin')])
  const jobs = JSON.parse(stdout) as Listed[]
  expect(jobs).toHaveLength(1)
  return jobs[0]!
}

const openGate = (cwd: string): void => writeFileSync(join(cwd, 'gate'), '')

/** Sends one signal for each text, as soon as it is read after the one before. */
function signals(...sent: readonly (readonly [text: string, signal: NodeJS.Signals])[]) {
  let next = 0
  const onStderr: NonNullable<CliOptions['onStderr']> = (text, kill) => {
    const due = sent[next]
    if (due === undefined || !text.includes(due[0])) return
    next++
    kill(due[1])
  }
  return { onStderr }
}

const jobs = (cwd: string, ...args: string[]): Promise<CliResult> => dunlin(['jobs', ...args], { cwd })

/** No worker process is left of this directory's jobs, within a second or so. */
async function expectNoWorkers(cwd: string): Promise<void> {
  await vi.waitFor(async () => expect(await processesNaming(cwd)).toEqual([]), { timeout: 5_000 })
}

test('Ctrl-C once cancels: no worker and no output is left, and retry completes the job', async () => {
  const cwd = temporaryDirectory()
  const { code, stderr } = await dunlin(RUN, { cwd, ...signals(['stage 1 started', 'SIGINT']) })
  expect(code, stderr).toBe(130)
  expect(stderr).toContain('stopping …')
  expect(stderr).toContain('was cancelled: by Ctrl-C')
  await expectNoWorkers(cwd)
  const { id, state } = await listed(cwd)
  expect(state).toBe('cancelled')
  expect(stderr).toContain(`\`dunlin jobs retry ${id}\` goes on`)
  expect(existsSync(join(cwd, OUTPUT))).toBe(false)

  const resumed = await jobs(cwd, 'resume', id, '--json', '-q')
  expect(resumed.code).toBe(1)
  expect(JSON.parse(resumed.stdout)).toMatchObject({
    error: { code: 'INVALID_ARGUMENT', hint: expect.stringContaining(`dunlin jobs retry ${id}`) },
  })

  openGate(cwd)
  const retried = await jobs(cwd, 'retry', id, '--json')
  expect(retried.code, retried.stderr).toBe(0)
  expect(JSON.parse(retried.stdout)).toMatchObject({ job: id, state: 'succeeded', outputs: [{ rows: 7 }] })
  expect(retried.stderr).toMatch(/stage 0 finished in .*: 0 tasks/)
  expect(filesOf(cwd)).toEqual(undisturbed)
  expect(await listed(cwd)).toMatchObject({ state: 'succeeded' })
  expect(await jobs(cwd, 'retry', id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has ended: it succeeded'),
  })
}, 60_000)

// The second signal has to come while the deaf worker is still waited for.
test('Ctrl-C twice leaves no end and no worker, and resume completes the job', {
  timeout: 60_000,
  retry: 2,
}, async () => {
  const cwd = temporaryDirectory()
  const { code, stderr } = await dunlin([...RUN, '--param', 'deaf=yes'], {
    cwd,
    ...signals(['stage 1 started', 'SIGINT'], ['stopping …', 'SIGINT']),
  })
  expect(code, stderr).toBe(130)
  const { id, state } = await listed(cwd)
  expect(state).toBe('interrupted')
  await expectNoWorkers(cwd)
  openGate(cwd)
  const resumed = await jobs(cwd, 'resume', id)
  expect(resumed.code, resumed.stderr).toBe(0)
  expect(resumed.stderr).toContain('going on with what had not committed, as driver 2 of the job')
  expect(filesOf(cwd)).toEqual(undisturbed)
})

test('a job that runs is cancelled from another process, and a stage of it is run again by retry', async () => {
  const cwd = temporaryDirectory()
  const cancelling = Promise.withResolvers<CliResult>()
  let asked = false
  const run = await dunlin(RUN, {
    cwd,
    env: QUICK,
    onStderr: text => {
      if (asked || !text.includes('stage 1 started')) return
      asked = true
      const id = /job (\S+) on/.exec(text)![1]!
      jobs(cwd, 'cancel', id).then(cancelling.resolve, cancelling.reject)
    },
  })
  expect(run).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('was cancelled: `dunlin jobs cancel`'),
  })
  const cancelled = await cancelling.promise
  expect(cancelled).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('is cancelled') })
  const { id, state } = await listed(cwd)
  expect(state).toBe('cancelled')
  expect(existsSync(join(cwd, OUTPUT))).toBe(false)
  expect(await jobs(cwd, 'cancel', id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has ended: it was cancelled'),
  })

  expect(await jobs(cwd, 'retry', id, '--stage', '9')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has no stage 9: it has 0 ('),
  })
  openGate(cwd)
  const retried = await jobs(cwd, 'retry', id, '--stage', '0')
  expect(retried.code, retried.stderr).toBe(0)
  expect(retried.stderr).toMatch(/stage 0 finished in .*: 5 tasks/)
  expect(filesOf(cwd)).toEqual(undisturbed)
}, 60_000)

test('a job whose driver was killed is shown as interrupted, and is cancelled where it stands', async () => {
  const cwd = temporaryDirectory()
  const killed = await dunlin(RUN, { cwd, ...signals(['stage 1 started', 'SIGKILL']) })
  expect(killed.code).toBe(null)
  const { id, state } = await listed(cwd)
  expect(state).toBe('interrupted')
  const shown = await jobs(cwd, 'show', id)
  expect(shown.stdout).toContain(`its driver is gone; \`dunlin jobs resume ${id}\` goes on with it`)
  expect(shown.stdout).toMatch(/\ngated · local · [\d.]+ m?s\n/)
  expect(shown.stdout).not.toContain('ETA')
  await expectNoWorkers(cwd)
  const retried = await jobs(cwd, 'retry', id, '-q')
  expect(retried).toMatchObject({ code: 1, stderr: expect.stringContaining(`dunlin jobs resume ${id}`) })
  const cancelled = await jobs(cwd, 'cancel', id, '--json')
  expect(cancelled.code, cancelled.stderr).toBe(0)
  expect(JSON.parse(cancelled.stdout)).toEqual({ job: id, state: 'cancelled' })
  expect(await listed(cwd)).toMatchObject({ state: 'cancelled' })
  expect(existsSync(join(cwd, OUTPUT))).toBe(false)
  expect(await jobs(cwd, 'clean', '-q')).toMatchObject({ code: 0, stderr: '' })
  expect(
    readdirSync(join(cwd, '.dunlin')).filter(name => !['.gitignore', 'code', 'modules'].includes(name)),
  ).toEqual([])
}, 60_000)
