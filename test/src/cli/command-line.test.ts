/** The command line from outside: usage, streams and exit codes. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CLI, dunlin, dunlinInThisProcess, jobFixture, temporaryDirectory } from './cli-process.ts'

const cwd = tmpdir()
const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url))

test('help goes to stdout and names every verb, with examples', async () => {
  const { code, stdout, stderr } = await dunlin(['--help'], { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const verb of ['demo', 'run', 'explain', 'bench', 'jobs', 'Examples:', 'Exit codes:']) {
    expect(stdout).toContain(verb)
  }
})

test('the version is that of the package', async () => {
  expect(await dunlin(['--version'], { cwd })).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' })
})

test.each([
  ['no verb', [], 'Usage: dunlin'],
  ['a verb that is nearly one', ['jbos'], 'Did you mean jobs?'],
  ['a verb of a verb that is nearly one', ['jobs', 'shw'], 'Did you mean show?'],
  ['an option that is nearly one', ['demo', '--worker', '2'], 'Did you mean --workers?'],
  ['a missing argument', ['run'], "missing required argument 'job.ts'"],
  ['a missing option', ['bench', 'wordcount', '--input', 'x'], "required option '--output <dir>'"],
  ['a number that is none', ['demo', '--workers', 'two'], 'It is a whole number from 1 up.'],
  ['a choice that is none', ['demo', '--isolation', 'box'], 'Allowed choices are thread, process, inline.'],
  ['a parameter without a name', ['run', 'x.ts', '--param', '=1'], 'Write it as name=value.'],
  ['a size without sense', ['bench', 'wordcount', '--memory', 'big'], 'Write it as 128MB'],
  ['a file that is not there', ['run', 'nowhere.ts'], 'there is no file nowhere.ts'],
  ['a directory', ['run', '.'], '. is not a file'],
  ['an id to show that can be none', ['jobs', 'show', 'x/../..'], '✖ "x/../.." is not a job id'],
  ['an id to clean that can be none', ['jobs', 'clean', 'a', '../b'], '"../b" is not a job id'],
  ['an id to resume that can be none', ['jobs', 'resume', '../b'], '"../b" is not a job id'],
  ['an id to cancel that can be none', ['jobs', 'cancel', ''], '"" is not a job id'],
  ['a stage that is no number', ['jobs', 'retry', 'a', '--stage', 'last'], '--stage <n>'],
  ['no job to retry', ['jobs', 'retry'], "missing required argument 'id'"],
  ['an age without a unit', ['jobs', 'clean', '--older-than', 'long'], '--older-than <age>'],
  ['a naked --running', ['jobs', 'clean', '--running'], '--running is for jobs that are named'],
])('%s is a usage error, told on stderr', async (_, args, message) => {
  const { code, stdout, stderr } = await dunlinInThisProcess(args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr.split(message), 'said once').toHaveLength(2)
})

test('a usage error ends the process with 2', async () => {
  const { code, stdout, stderr } = await dunlin(['jbos'], { cwd })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('Did you mean jobs?')
})

test('with --json a usage error is JSON on stdout too', async () => {
  const { code, stdout } = await dunlin(['run', '--json'], { cwd })
  expect(code).toBe(2)
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INVALID_ARGUMENT' } })
})

test('an engine that is not there is a matter of configuration', async () => {
  const { code, stderr } = await dunlin(['demo', '--engine', 'moon'], { cwd })
  expect(code).toBe(3)
  expect(stderr).toContain('there is no engine named moon')
})

test('a default export that cannot be run is refused with what to do', async () => {
  const { code, stderr } = await dunlin(['run', jobFixture('dataset.ts')], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('is a Dataset, which has nowhere to go')
  expect(stderr).toContain('Give it a sink')
})

test('parameters for what takes none are refused', async () => {
  const { code, stderr } = await dunlin(['run', jobFixture('two-outputs.ts'), '--param', 'a=1'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('is no function, so it takes none')
})

test('explaining a script is refused without running it', async () => {
  const { code, stdout, stderr } = await dunlin(['explain', jobFixture('script.ts')], { cwd })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('to explain it would be to run it')
})

test('TypeScript that is more than types is refused with what to write instead', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'colours.ts')
  writeFileSync(file, 'enum Colour { Red }\nexport default Colour.Red\n')
  const { code, stderr } = await dunlin(['run', file], { cwd: directory })
  expect(code).toBe(1)
  expect(stderr).toContain('write enums, namespaces and parameter properties as plain code')
})

test('a job file without dunlin beside it says how to get it', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'job.mjs')
  writeFileSync(file, "import { read } from 'dunlin'\nexport default read\n")
  const { code, stderr } = await dunlin(['run', file], { cwd: directory })
  expect(code).toBe(3)
  expect(stderr).toContain('npm install dunlin')
})

test.each(['run', 'explain'])(
  'a file that is no program is refused by %s with what a job file is',
  async verb => {
    const file = join(temporaryDirectory(), 'b0.txt')
    writeFileSync(file, 'call me Ishmael')
    expect(await dunlinInThisProcess([verb, file])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/b0\.txt is not a job file[\s\S]*\.ts/),
    })
  },
)

test('what a script throws outside of any job is shown with its own line', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'job.mjs')
  writeFileSync(file, "\nthrow new RangeError('too far')\n")
  expect(await dunlin(['run', file], { cwd: directory })).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/✖ RangeError: too far\n {4}at .*job\.mjs:2:7\n/),
  })
})

/** A directory with these files, and dunlin beside them where they import it. */
function directoryWith(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'node_modules'))
  symlinkSync(PACKAGE, join(directory, 'node_modules/dunlin'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

test.each([
  ['a syntax error in TypeScript', 'job.ts', 'job.ts:2', 'const a = 1\nconst b = = 2\n'],
  ['a syntax error in JavaScript', 'job.mjs', 'job.mjs:2', 'const a = 1\nconst b = = 2\n'],
  ['a syntax error of CommonJS', 'job.cjs', 'job.cjs:2', 'const a = 1\nconst b = = 2\n'],
  ['a syntax error of a module that is imported', 'job.mjs', 'bad.mjs:3', "import './bad.mjs'\n"],
  ['a wrong import name', 'job.ts', 'job.ts:2', "\nimport { raed } from 'dunlin'\nraed.text('x')\n"],
  ['an enum', 'job.ts', 'job.ts:2', '\nenum Colour { Red }\n'],
])('%s is told with file and line, and without frames', async (_, name, place, text) => {
  const directory = directoryWith({ 'bad.mjs': '\n\nlet = = 1\n', [name]: text })
  const { code, stdout, stderr } = await dunlin(['run', name], { cwd: directory })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(new RegExp(`^✖ \\S+/${place} cannot be (read|run as it is): `))
  expect(stderr).toContain('code    INVALID_ARGUMENT')
  expect(stderr).not.toMatch(/^ +at /m)
})

test.each([
  ['imports', "import { from } from 'dunlin'\nexport default from([1]).write.text('out')\n"],
  ['exports', 'export default 1\n'],
  ['awaits at top level', 'await 1\n'],
])('a job file that %s in a package of CommonJS is told what to set where', async (_, text) => {
  const cwd = directoryWith({ 'package.json': '{"type":"commonjs"}', 'job.ts': text })
  const { code, stderr } = await dunlin(['run', 'job.ts'], { cwd })
  expect(code).toBe(1)
  expect(stderr).toContain(
    `hint    Set "type": "module" in ${join(realpathSync(cwd), 'package.json')}, or name the file .mts`,
  )
})

test('explain tells of a syntax error with file and line too', async () => {
  const cwd = directoryWith({ 'job.ts': '\nexport default = 1\n' })
  const { code, stderr } = await dunlin(['explain', 'job.ts'], { cwd })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^✖ \S+\/job\.ts:2 cannot be read: /)
  expect(stderr).not.toContain('esbuild')
})

test.each([
  ['at top level', 'null.x\n', 1],
  ['in an async function', '\nconst f = async () => { await 1; null.x }\nawait f()\n', 2],
  ['in its default function', '\n\nexport default () => null.x\n', 1],
  ['in JSON.parse', "JSON.parse('{bad')\n", 1],
])('what a job file throws %s is shown with frames of that file alone', async (_, text, frames) => {
  const cwd = directoryWith({ 'job.mjs': text })
  const { code, stderr } = await dunlin(['run', 'job.mjs'], { cwd })
  expect(code).toBe(1)
  const shown = stderr.split('\n').filter(line => /^ +at /.test(line))
  expect(shown, stderr).toHaveLength(frames)
  for (const frame of shown) expect(frame).toContain('/job.mjs:')
})

test('a job file that runs nothing is told so, and ends well', async () => {
  const cwd = directoryWith({ 'job.mjs': "import { from } from 'dunlin'\nfrom([1])\n" })
  expect(await dunlin(['run', 'job.mjs'], { cwd })).toEqual({
    code: 0,
    stdout: '',
    stderr: 'no job was run: export an Output as default, or call .run()\n',
  })
  expect(await dunlin(['run', 'job.mjs', '-q'], { cwd })).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('a script that runs its job later, with a listener of its own, has run one', async () => {
  const text = `import { from } from 'dunlin'
    setTimeout(() => void from([1, 2]).count({ onEvent: () => {} }).then(console.log), 10)\n`
  const cwd = directoryWith({ 'job.mjs': text })
  expect(await dunlin(['run', 'job.mjs'], { cwd })).toEqual({ code: 0, stdout: '2\n', stderr: '' })
})

test.each([
  ['at top level', 'await new Promise(() => {})\n'],
  ['in its default function', 'export default () => new Promise(() => {})\n'],
  ['after a job', "import { from } from 'dunlin'\nawait from([1]).count()\nawait new Promise(() => {})\n"],
])('a job file that waits forever %s ends with a failure that says so', async (_, text) => {
  const cwd = directoryWith({ 'job.mjs': text })
  const { code, stderr } = await dunlin(['run', 'job.mjs', '-q'], { cwd })
  expect(code, stderr).toBe(1)
  expect(stderr).toMatch(/^✖ the job file waits for something that never comes: \S+job\.mjs\n/)
  expect(stderr).not.toContain('unsettled')
})

test('a promise that a script leaves behind rejected is told as any failure', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'job.mjs')
  writeFileSync(file, "void Promise.reject(new RangeError('too far'))\n")
  const { code, stderr } = await dunlin(['run', file], { cwd: directory })
  expect(code).toBe(1)
  expect(stderr).toContain('✖ RangeError: too far')
})

test('a store without jobs has none to list, as text and as JSON', async () => {
  const cwd = temporaryDirectory()
  expect(await dunlin(['jobs', 'list'], { cwd })).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('no jobs'),
  })
  expect(await dunlin(['jobs', 'list', '--json'], { cwd })).toMatchObject({
    code: 0,
    stdout: '[]\n',
    stderr: '',
  })
})

test.each([
  ['jobs', 'list'],
  ['jobs', 'show', '20261121-034112-x7f3k2'],
  ['jobs', 'clean'],
  ['jobs', 'cancel', '20261121-034112-x7f3k2'],
  ['run', jobFixture('count-letters.ts')],
])('a store that is a file is refused as a matter of configuration: %s %s', async (...verb) => {
  const file = join(temporaryDirectory(), 'package.json')
  writeFileSync(file, '{}')
  expect(await dunlinInThisProcess([...verb, '--store', file])).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/the store .*package\.json is a file[\s\S]*hint .*--store/),
  })
})

test('a job that is not there is a failure that says where it was looked for', async () => {
  const cwd = temporaryDirectory()
  const { code, stdout, stderr } = await dunlin(['jobs', 'show', 'nope', '--json'], { cwd })
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } })
  expect(stderr).toContain('has no job nope')
})

test('a reader of stdout that goes away is no error', () => {
  const command = '"$@" --help | true; echo $PIPESTATUS'
  const { stdout, stderr } = spawnSync('bash', ['-c', command, 'bash', process.execPath, ...CLI], {
    encoding: 'utf8',
  })
  expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' })
})

test('an older Node is told which one is needed and how to get it', () => {
  const older =
    'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})'
  const { status, stderr } = spawnSync(process.execPath, ['--import', older, ...CLI, '--help'], {
    encoding: 'utf8',
  })
  expect(status).toBe(3)
  expect(stderr).toContain('dunlin needs Node 22.15 or newer; this is Node 20.20.2')
  expect(stderr).toContain('npm install --save-dev node@24')
})
