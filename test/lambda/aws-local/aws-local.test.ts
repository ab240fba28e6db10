/** `--engine aws-local`: the same commands and files as on the laptop, with nothing changed but the configuration. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { range } from 'dunlin'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { awsLocal } from '../../../lambda/aws-local/index.ts'
import { describeOnMoto, MOTO_HOME } from '../../fixtures/s3/moto-server.ts'
import {
  type CliOptions,
  dunlin,
  dunlinInThisProcess,
  jobFixture,
  temporaryDirectory,
} from '../../src/cli/cli-process.ts'

const partsOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory)
      .filter(name => name.startsWith('part-'))
      .map(name => [name, readFileSync(join(directory, name), 'latin1')]),
  )

/** Processes that work in a directory: functions, servers and drivers that were started from there. */
const processesIn = (directory: string): string[] =>
  readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(directory)
    } catch {
      return false
    }
  })

/** A directory whose processes keep what is temporary in it. */
function place(): string {
  const cwd = temporaryDirectory()
  mkdirSync(join(cwd, 'tmp'))
  return cwd
}

const environment = (cwd: string): Readonly<Record<string, string>> => ({
  ...{ DUNLIN_CACHE: MOTO_HOME, TMPDIR: join(cwd, 'tmp') },
})

await describeOnMoto('--engine aws-local', moto => {
  afterAll(() => moto.close())
  afterEach(() => void vi.unstubAllEnvs())

  it('counts words and sorts lines to the bytes of the local engine, and leaves nothing that runs', async () => {
    const cwd = place()
    const words = ['whale', 'sea', 'ship', 'Ahab', 'été', 'white', 'harpoon']
    const lines = Array.from({ length: 4_000 }, (_, i) => `${words[i % 7]} ${words[(i * i) % 5]} x${i % 37}`)
    mkdirSync(join(cwd, 'text'))
    for (const name of ['a', 'b']) writeFileSync(join(cwd, 'text', `${name}.txt`), `${lines.join('\n')}\n`)
    const both = async (): Promise<Record<string, Record<string, string>>> => {
      const { code, stderr } = await dunlin(['run', jobFixture('words-and-sort.ts'), '-q'], {
        cwd,
        env: environment(cwd),
      })
      expect(code, stderr).toBe(0)
      return { words: partsOf(join(cwd, 'out/words')), sorted: partsOf(join(cwd, 'out/sorted')) }
    }
    const expected = await both()
    expect(Object.values(expected).map(parts => Object.keys(parts).length)).toEqual([3, 3])
    expect(existsSync(join(cwd, '.dunlin'))).toBe(true)
    const config =
      "export default { engine: 'aws-local', local: { directory: 'unused' }, aws: { concurrency: 2 } }"
    writeFileSync(join(cwd, 'dunlin.config.ts'), config)
    expect(await both()).toEqual(expected)
    expect(existsSync(join(cwd, 'unused'))).toBe(false)
    expect(processesIn(cwd)).toEqual([])
    expect(readdirSync(join(cwd, 'tmp')).filter(name => name.startsWith('dunlin-function'))).toEqual([])
  })

  const onServer = (cwd: string, more: Partial<CliOptions> = {}): CliOptions => ({
    ...more,
    cwd,
    env: {
      ...environment(cwd),
      ...{ DUNLIN_ENGINE: 'aws-local', DUNLIN_WORKERS: '2', DUNLIN_LAPSE_MS: '2000' },
      ...{ AWS_ENDPOINT_URL_S3: moto.endpoint, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      DUNLIN_STORE: `s3://kept/${cwd.split('/').at(-1)!.toLowerCase()}`,
    },
  })

  it('gives the same where tasks are sent as events', async () => {
    const engine = awsLocal({
      ...{ bucket: 'events', memorySizesMb: [512], concurrency: 2, invocation: 'event' },
      ...{ endpoints: { s3: moto.endpoint }, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
    })
    const counts = range(1_000, { splitRows: 300 })
      .map(n => `w${n % 7}`)
      .valueCounts()
    try {
      const found = (await counts.collect({ engine })).map(({ value, count }) => `${value} ${count}`)
      expect(found.toSorted()).toEqual('w0 143,w1 143,w2 143,w3 143,w4 143,w5 143,w6 142'.split(','))
    } finally {
      await engine.close()
    }
  })

  it('keeps its jobs on the S3 server that is given: they are listed, shown and cleaned there', async () => {
    const cwd = place()
    const options = onServer(cwd)
    for (const [name, value] of Object.entries(options.env!)) vi.stubEnv(name, value)
    expect((await dunlin(['run', jobFixture('throws.ts'), '-q'], options)).code).toBe(1)
    const jobs = (...args: string[]) => dunlinInThisProcess(['jobs', ...args])
    const listed = JSON.parse((await jobs('list', '--json')).stdout) as { id: string; state: string }[]
    expect(listed).toMatchObject([{ state: 'failed' }])
    expect((await jobs('show', listed[0]!.id)).stdout).toContain('lengthOf')
    expect(JSON.parse((await jobs('clean', '--json')).stdout)).toMatchObject({ kept: [] })
    expect((await jobs('list')).stderr).toContain('no jobs in s3://kept/')
  })

  it('leaves no process when its driver is killed, and another driver goes on with the job', async () => {
    const cwd = place()
    const gate = join(cwd, 'gate')
    let isKilled = false
    const killed = await dunlin(
      ['run', jobFixture('gated.ts'), '--param', `gate=${gate}`],
      onServer(cwd, {
        onStderr(text, kill) {
          if (isKilled || !text.includes('stage 1 started')) return
          isKilled = true
          kill('SIGKILL')
        },
      }),
    )
    expect(killed.code).toBe(null)
    await vi.waitFor(() => expect(processesIn(cwd)).toEqual([]), { timeout: 10_000 })
    const job = /job (\S+) on/.exec(killed.stderr)![1]!
    writeFileSync(gate, '')
    const resumed = await dunlin(['jobs', 'resume', job], onServer(cwd))
    expect(resumed.code, resumed.stderr).toBe(0)
    const rows = Object.values(partsOf(join(cwd, 'out/gated'))).flatMap(text =>
      text.trim().split('\n').slice(1),
    )
    expect(rows.toSorted()).toEqual(['w0,15', 'w1,15', 'w2,14', 'w3,14', 'w4,14', 'w5,14', 'w6,14'])
  })

  it('is cancelled by Ctrl-C while its servers still answer: nothing is left, and the end is recorded', async () => {
    const cwd = place()
    let isAsked = false
    const { code, stderr } = await dunlin(
      ['run', jobFixture('gated.ts'), '--param', `gate=${join(cwd, 'gate')}`],
      {
        cwd,
        env: { ...environment(cwd), DUNLIN_ENGINE: 'aws-local', DUNLIN_WORKERS: '2' },
        onStderr(text, kill) {
          if (isAsked || !text.includes('stage 1 started')) return
          isAsked = true
          kill('SIGINT')
        },
      },
    )
    expect(stderr).toContain('was cancelled: by Ctrl-C')
    expect(code).toBe(130)
    expect(existsSync(join(cwd, 'out/gated'))).toBe(false)
    await vi.waitFor(() => expect(processesIn(cwd)).toEqual([]), { timeout: 10_000 })
  })
})
