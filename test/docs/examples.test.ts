import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { deserialize } from 'node:v8'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkedModule, type Example, publicNames } from './example-blocks.ts'

/** What is public, runs, and is shown by no example of its own. */
const WITHOUT_EXAMPLE: readonly string[] = []

/** What the examples read. */
const INPUTS: Readonly<Record<string, string>> = {
  'books/a.txt': 'the whale the sea\n',
  'books/b.txt': 'the ship\n',
  'orders/a.jsonl': [
    { customer: 'ann', country: 'NZ', amount: 12.5 },
    { customer: 'bob', country: 'NZ', amount: 0 },
    { customer: 'cas', country: 'PT', amount: 3 },
  ]
    .map(order => `${JSON.stringify(order)}\n`)
    .join(''),
}

/** Examples of this test's own: what it must find fault with. */
const PLANTED = {
  wrong: planted('wrong', 'await range(2).collect() // [0, 2]'),
  silent: planted('silent', 'await range(2).collect() // [0, 1]\nthrow new Error("broken")'),
  bare: planted('bare', 'const numbers = range(2) // [0, 1]\nawait numbers.collect()'),
  untyped: planted('untyped', 'await range("2").collect() // [0, 1]'),
}

function planted(name: string, code: string): Example {
  return { name, file: 'planted', line: 1, code }
}

interface Outcome {
  readonly error: string | null
  readonly checks: readonly { readonly line: number; readonly actual: unknown; readonly expected: unknown }[]
}

/** Collects what the examples state, and what they gave. */
const CHECK = `
export const checks: unknown[] = []
export function check(line: number, actual: unknown, expected: unknown): void {
  checks.push({ line, actual, expected })
}
`

/** Runs one example after another in one process, each with an empty \`out/\`. */
const RUNNER = `
import { rmSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { serialize } from 'node:v8'
import { checks } from './check.ts'
const outcomes = []
for (let i = 0; i < Number(process.argv[2]); i++) {
  rmSync('out', { recursive: true, force: true })
  let error = null
  try { await import('./checking-' + i + '.ts') } catch (thrown) { error = inspect(thrown) }
  outcomes.push({ error, checks: checks.splice(0) })
}
writeFileSync('outcomes', serialize(outcomes))
process.exit(0)
`

const DOORS = { dunlin: resolve('src/index.ts'), 'dunlin/aws': resolve('lambda/aws/public.ts') }
const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, resolve('.'))
const program = ts.createProgram(Object.values(DOORS), options)
const apis = Object.entries(DOORS).map(([door, entry]) => [door, publicNames(program, entry)] as const)
const api = apis.flatMap(([, names]) => names)
const examples = api.flatMap(({ examples }) => examples)
const names = Object.fromEntries(
  apis.map(([door, all]) => [door, all.flatMap(({ name }) => (name.includes('.') ? [] : [name]))]),
)
const all = [...examples, ...Object.values(PLANTED)]
const modules = new Map(all.map(example => [example, checkedModule(example, names)]))

describe('every public name', () => {
  it('has a description', () => {
    expect(api.filter(({ text }) => text === '').map(({ name }) => name)).toEqual([])
  })

  it('that runs has an example, but for those that are listed', () => {
    const without = api.filter(({ kind, examples }) => kind === 'runs' && examples.length === 0)
    expect(without.map(({ name }) => name)).toEqual(WITHOUT_EXAMPLE)
  })

  it('is found: functions, classes with what they inherit, objects of functions, types', () => {
    const kinds = Object.fromEntries(api.map(({ name, kind }) => [name, kind]))
    expect(kinds).toMatchObject({
      range: 'runs',
      Dataset: 'runs',
      'Dataset.map': 'runs',
      'Dataset.collect': 'runs',
      'Dataset.write': 'runs',
      'Dataset.node': 'type',
      'read.text': 'runs',
      'read.jsonl': 'runs',
      'Writer.csv': 'runs',
      'DunlinError.at': 'runs',
      'LocalOptions.workers': 'type',
      aws: 'runs',
      'AwsOptions.region': 'type',
      RunOptions: 'type',
    })
  })
})

describe('the examples', () => {
  let place: string
  let outcomes: ReadonlyMap<Example, Outcome>
  let mistakes: ReadonlyMap<Example, string>

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'dunlin-examples-'))
    const write = async (name: string, text: string) => {
      await mkdir(dirname(join(place, name)), { recursive: true })
      await writeFile(join(place, name), text)
    }
    for (const [name, text] of Object.entries(INPUTS)) await write(name, text)
    await write('package.json', '{ "type": "module" }')
    await write('node_modules/.keep', '')
    await symlink(resolve('.'), join(place, 'node_modules', 'dunlin'))
    await symlink(resolve('node_modules', '@types'), join(place, 'node_modules', '@types'))
    await write('check.ts', CHECK)
    await write('run.ts', RUNNER)
    for (const [i, { plain, checking }] of [...modules.values()].entries()) {
      await write(`plain-${i}.ts`, plain)
      await write(`checking-${i}.ts`, checking)
    }
    const env = { ...process.env, DUNLIN_WORKERS: '2' }
    const args = ['--conditions=development', 'run.ts', String(all.length)]
    await promisify(execFile)(process.execPath, args, { cwd: place, env })
    const given = deserialize(await readFile(join(place, 'outcomes'))) as Outcome[]
    outcomes = new Map(all.map((example, i) => [example, given[i]!]))
    mistakes = new Map(
      typeErrors(all.map((_, i) => join(place, `plain-${i}.ts`))).map((m, i) => [all[i]!, m]),
    )
  })
  afterAll(() => rm(place, { recursive: true, force: true, maxRetries: 5 }))

  it('are all that the public files have', async () => {
    const files = [...new Set(examples.map(({ file }) => file))]
    const texts = await Promise.all(files.map(file => readFile(file, 'utf8')))
    expect(texts.join('').match(/^ *\* @example/gm)!.length).toBe(examples.length)
  })

  it.each(examples)('$file:$line, $name, compiles, runs, and gives what it states', example => {
    expect(mistakes.get(example)).toBe('')
    const { error, checks } = outcomes.get(example)!
    expect(error).toBe(null)
    expect(modules.get(example)!.values, 'a line of it must be `expression // value`').toBeGreaterThan(0)
    expect(checks.length).toBe(modules.get(example)!.values)
    for (const { line, actual, expected } of checks)
      expect(actual, `${example.file}:${line}`).toEqual(expected)
  })

  it('that are wrong, throw, state nothing, or do not compile are found out', () => {
    const [check] = outcomes.get(PLANTED.wrong)!.checks
    expect(check).toEqual({ line: 1, actual: [0, 1], expected: [0, 2] })
    expect(outcomes.get(PLANTED.silent)!.error).toContain('broken')
    expect(modules.get(PLANTED.bare)!.values).toBe(0)
    expect(mistakes.get(PLANTED.untyped)).toContain('not assignable')
  })
})

/** The compiler's complaints about each file, `''` where there are none. */
function typeErrors(files: readonly string[]): string[] {
  const compiled = ts.createProgram(
    files,
    { ...options, rootDir: '/', preserveSymlinks: false },
    undefined,
    program,
  )
  return files.map(file => {
    const source = compiled.getSourceFile(file)!
    return [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)]
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
      .join('\n')
  })
}
