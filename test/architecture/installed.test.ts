/** dunlin installed in another project, as npm leaves it there, runs what a checkout runs. */
import { execFile, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDERS = ['operators', 'planner', 'src', 'lambda', 'benchmarks']
const FILES = ['package.json', 'build.mjs', 'pack.mjs', 'tsconfig.json', 'tsconfig.build.json']

/** Modification time of the newest source. */
function newestSource(): number {
  const sources = FOLDERS.flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !isPeer(entry.parentPath))
      .map(entry => join(entry.parentPath, entry.name)),
  )
  return Math.max(...[...sources, ...FILES.map(file => join(ROOT, file))].map(file => statSync(file).mtimeMs))
}

function isPeer(path: string): boolean {
  return path.startsWith(join(ROOT, 'benchmarks', 'peers'))
}

function succeeds(script: string, args: readonly string[], cwd: string): void {
  const ran = spawnSync(process.execPath, [script, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (ran.status !== 0) throw new Error(`${script} ended with ${ran.status}: ${ran.stdout}${ran.stderr}`)
}

/** Packages of this checkout, seen in another folder of packages. */
function link(names: readonly string[], packages: string): void {
  for (const name of names) {
    mkdirSync(join(packages, name, '..'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(packages, name), 'junction')
  }
}

/** Puts into `installed` what the tarball would: the checkout's build where it is fresh, else one of its own. */
function install(installed: string, scratch: string): void {
  const copy = (name: string, to: string) =>
    cpSync(join(ROOT, name), join(to, name), { recursive: true, filter: path => !isPeer(path) })
  mkdirSync(scratch)
  mkdirSync(installed, { recursive: true })
  for (const file of FILES) copy(file, scratch)
  const built = join(ROOT, 'dist', 'worker-entry.js') // what a build writes last
  if (existsSync(built) && statSync(built).mtimeMs > newestSource()) {
    copy('dist', installed)
  } else {
    for (const folder of FOLDERS) copy(folder, scratch)
    // A folder of its own, since the build puts a command into its .bin.
    link(
      readdirSync(join(ROOT, 'node_modules')).filter(name => !name.startsWith('.')),
      join(scratch, 'node_modules'),
    )
    succeeds('build.mjs', [], scratch)
    cpSync(join(scratch, 'dist'), join(installed, 'dist'), { recursive: true })
  }
  succeeds('pack.mjs', ['strip'], scratch)
  cpSync(join(scratch, 'package.json'), join(installed, 'package.json'))
}

const JOB = `
import { writeFileSync } from 'node:fs'
import { range, read } from 'dunlin'
const least: number = -1
const greatest = await range(100).reduce({ identity: least, combine: (a, b) => Math.max(a, b, least) })
const longest = await read.text('text.txt')
  .flatMap(line => line.match(/\\p{L}+/gu) ?? [])
  .map((word): [string, string] => [word.slice(0, 1).toLowerCase(), word])
  .reduceByKey((a, b) => (b.length > a.length ? b : a))
  .collect()
writeFileSync('results.json', JSON.stringify({ greatest, longest }))
`
const TEXT = 'The sea, the ship\nand the sperm whale\nThe white whale\n'

describe('dunlin installed from its tarball', () => {
  let folder: string
  let project: string

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'dunlin-installed-')))
    project = join(folder, 'project')
    const packages = join(project, 'node_modules')
    install(join(packages, 'dunlin'), join(folder, 'scratch'))
    const installed = join(packages, 'dunlin', 'package.json')
    const { dependencies } = JSON.parse(readFileSync(installed, 'utf8')) as { dependencies: object }
    link(Object.keys(dependencies), packages)
    writeFileSync(join(project, 'package.json'), '{ "name": "project", "type": "module" }')
    writeFileSync(join(project, 'text.txt'), TEXT)
    writeFileSync(join(project, 'job.ts'), JOB)
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Standard output of a program with nothing of this repository in its environment. */
  function node(...args: readonly string[]): Promise<string> {
    const { NODE_OPTIONS: _, ...env } = process.env
    return new Promise((done, fail) => {
      execFile(process.execPath, args, { cwd: project, env }, (error, out, err) =>
        error === null ? done(out) : fail(new Error(`${error.message}\n${out}${err}`)),
      )
    })
  }

  const dunlin = (...args: readonly string[]) =>
    node(join('node_modules', 'dunlin', 'dist', 'src', 'cli', 'dunlin.js'), ...args)

  it('has the code of the tarball, not of this checkout', async () => {
    const print = "console.log(import.meta.resolve('dunlin'))"
    const url = await node('--input-type=module', '--eval', print)
    expect(url.trim()).toMatch(/\/project\/node_modules\/dunlin\/dist\/src\/index\.js$/)
  })

  it('runs the demo', async () => {
    const { words, top } = JSON.parse(await dunlin('demo', '--generated', '--json')) as {
      words: number
      top: { label: string; value: number }[]
    }
    expect(words).toBeGreaterThan(1000)
    expect(top).toHaveLength(15)
    expect(top[0]!.value).toBeGreaterThan(top[14]!.value)
  })

  it.each([[['--user-function']], [[]]])('counts words: bench wordcount %j', async flags => {
    const output = join(project, `words${flags.length}`)
    await dunlin('bench', 'wordcount', '--input', 'text.txt', '--output', output, ...flags)
    const parts = readdirSync(output).filter(name => name.startsWith('part-'))
    const lines = parts.flatMap(name =>
      readFileSync(join(output, name), 'utf8').trimEnd().split('\n').slice(1),
    )
    const expected = ['and,1', 'sea,1', 'ship,1', 'sperm,1', 'the,4', 'whale,2', 'white,1']
    expect(lines.sort()).toEqual(expected)
  })

  it('says what to install where a job reads s3://, which nobody else needs', async () => {
    const job =
      "import { read } from 'dunlin'; read.text('s3://bucket/x').count().catch(e => console.log(e.code, e.hint))"
    expect(await node('--input-type=module', '--eval', job)).toBe(
      'CONFIGURATION Install it beside dunlin: npm install @aws-sdk/client-s3\n',
    )
  })

  it.each(['aws', 'aws-local'])(
    'says what to install where a job runs on %s, also as it is configured',
    async engine => {
      const job =
        "import { range } from 'dunlin'; range(3).count().catch(e => console.log(e.code, e.message, e.hint))"
      const config = join(project, 'dunlin.config.ts')
      const settings = "aws: { region: 'eu-central-1', endpoints: { s3: 'http://127.0.0.1:9' } }"
      writeFileSync(
        config,
        `import { defineConfig } from 'dunlin'\nexport default defineConfig({ engine: '${engine}', ${settings} })\n`,
      )
      try {
        expect(await node('--input-type=module', '--eval', job)).toMatch(
          /^CONFIGURATION .*client-lambda, which is not installed .*npm install @aws-sdk\/client-s3 @aws-sdk\/client-lambda/,
        )
      } finally {
        rmSync(config)
      }
    },
  )

  it('gives an engine of AWS by dunlin/aws, without loading its SDK', async () => {
    const job = "import { aws } from 'dunlin/aws'; console.log(aws({ bucket: 'jobs' }).name)"
    expect(await node('--input-type=module', '--eval', job)).toBe('aws\n')
  })

  it('has the runtime of functions on this machine', () => {
    const local = join(project, 'node_modules', 'dunlin', 'dist', 'lambda', 'local-service')
    expect(existsSync(join(local, 'bootstrap.mjs'))).toBe(true)
  })

  it('runs a job with reduce and reduceByKey', async () => {
    await node('job.ts')
    const { greatest, longest } = JSON.parse(readFileSync(join(project, 'results.json'), 'utf8')) as {
      greatest: number
      longest: [string, string][]
    }
    expect(greatest).toBe(99)
    expect(Object.fromEntries(longest)).toEqual({ a: 'and', s: 'sperm', t: 'The', w: 'whale' })
  })
})
