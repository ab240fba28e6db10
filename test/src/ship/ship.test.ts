/** Functions give on a worker what they give in the program that wrote them, or are refused with a reason. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import { range } from '../../../src/index.ts'
import { loadModule } from '../../../src/ship/load-module.ts'
import { ship } from '../../../src/ship/ship.ts'
import { fixtures, type Ran, runFixture } from './run-fixture.ts'

function expectSame({ outcomes, there }: Ran, count: number): void {
  const wrong = outcomes.filter(o => o.here === undefined || there[o.name] !== o.here)
  expect(wrong.map(o => ({ ...o, there: there[o.name] }))).toEqual([])
  expect(outcomes.length).toBe(count)
}

describe('a program run by Node from its TypeScript source', () => {
  it('ships values of every plain kind', async () => {
    const ran = await runFixture(join(fixtures, 'values.ts'))
    expectSame(ran, 21)
    expect(ran.driverErrors).toContain('top level of values.ts')
    expect(ran.workerErrors).toBe('')
  })

  it('ships functions, closures and classes', async () => {
    const ran = await runFixture(join(fixtures, 'functions.ts'))
    expectSame(ran, 33)
    const warnings = ran.outcomes.find(o => o.name === 'functions that change a variable')!.warnings
    expect(warnings).toHaveLength(1)
    expect(warnings![0]).toMatch(
      /^variable counter is changed at functions\.ts:\d+:\d+ by a function that runs on/,
    )
  })

  it('ships imports and functions of other files, and never runs the program itself', async () => {
    const ran = await runFixture(join(fixtures, 'imports.ts'))
    expectSame(ran, 20)
    expect(ran.workerErrors).toBe('')
  })
})

/** A project of a user in a folder of its own, with packages that are made for it. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-project-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const runner = pathToFileURL(join(fixtures, 'run-cases.ts')).href
const packages = {
  'node_modules/old-style/package.json': '{ "name": "old-style", "main": "index.js" }',
  'node_modules/old-style/index.js': `
    const path = require('path')
    Object.defineProperty(exports, '__esModule', { value: true })
    exports.default = () => 'the default'
    exports.named = text => path.join('named', text)
    exports.Box = class Box { constructor(v) { this.get = () => v } }`,
  'node_modules/two-faced/package.json': JSON.stringify({
    name: 'two-faced',
    exports: { '.': { module: './bundler.mjs', import: './import.mjs', require: './require.cjs' } },
  }),
  'node_modules/two-faced/bundler.mjs': `export const face = 'bundler'`,
  'node_modules/two-faced/import.mjs': `export const face = 'import'`,
  'node_modules/two-faced/require.cjs': `exports.face = 'require'`,
}

describe('a program in another form', () => {
  it('ships from CommonJS', async () => {
    const folder = project({
      ...packages,
      'package.json': '{}',
      'lib.cjs': `const base = 5; function plus(x) { return x + base } module.exports = { plus, make: a => x => a + plus(x) }`,
      'job.cjs': `
        const fs = require('fs')
        const { createHash } = require('node:crypto')
        const old = require('old-style')
        const { named } = require('old-style')
        const lib = require('./lib.cjs')
        const { face } = require('two-faced')
        const K = 3
        exports.shared = { k: 4 }
        function helper(x) { return x * K }
        class Box { constructor(v) { this.v = v } }
        const box = new Box(1)
        import(${JSON.stringify(runner)}).then(({ runCases }) => runCases([
          ['constants', x => helper(x) + exports.shared.k, 2],
          ['builtins', s => [fs.existsSync(s), createHash('md5').update(s).digest('hex')], '/'],
          ['packages', s => [old.default(), named(s), face, require('old-style').named(s)], 'x'],
          ['files', x => [lib.plus(x), lib.make(1)(x)], 1],
          ['closures of files', [lib.make(2), lib.plus], 1],
          ['classes', () => [box instanceof Box, box.v]],
          ['dirname', () => __dirname],
        ]))`,
    })
    const ran = await runFixture(join(folder, 'job.cjs'))
    const last = ran.outcomes.at(-1)!
    expect(last.refused?.message).toContain('it uses __dirname')
    expectSame({ ...ran, outcomes: ran.outcomes.slice(0, -1) }, 6)
  })

  it('means by an import of CommonJS what Node means, in files of every kind', async () => {
    const esm = `import old, { named } from 'old-style'; import { face } from 'two-faced'
      export const what = () => [typeof old, Object.keys(old), named('x'), face]`
    const folder = project({
      ...packages,
      'package.json': '{}',
      'typeless.ts': esm,
      'module.mts': esm,
      'sub/package.json': '{ "type": "module" }',
      'sub/typed.js': esm,
      'job.mts': `${esm}
        import { what as a } from './typeless.ts'; import { what as b } from './module.mts'; import { what as c } from './sub/typed.js'
        import { Box } from 'old-style'
        const box = new Box(7)
        const { runCases } = await import(${JSON.stringify(runner)})
        await runCases([['here', () => what()], ['typeless', () => a()], ['module', () => b()], ['typed', () => c()], ['object', () => box.get()]])`,
    })
    expectSame(await runFixture(join(folder, 'job.mts')), 5)
  })

  it('ships from compiled JavaScript and names the lines of its TypeScript', async () => {
    const source = `const factor: number = 3
interface Unused { a: string }
export function boom(x: number): number {
  const message: string = 'bad ' + x
  throw new RangeError(message)
}
const { runCases } = await import(${JSON.stringify(runner)})
await runCases([['compiled', (x: number) => x * factor, 2], ['refused', () => import.meta.url]])
`
    for (const module of [ts.ModuleKind.ESNext]) {
      const { outputText, sourceMapText } = ts.transpileModule(source, {
        compilerOptions: { module, target: ts.ScriptTarget.ES2022, sourceMap: true, removeComments: true },
        fileName: 'job.ts',
      })
      const folder = project({
        'package.json': '{ "type": "module" }',
        'src/job.ts': source,
        'job.js': outputText,
      })
      writeFileSync(join(folder, 'job.js.map'), sourceMapText!.replace('"job.ts"', '"src/job.ts"'))
      const ran = await runFixture(join(folder, 'job.js'))
      expect(ran.there['compiled']).toBe('[ 6 ]')
      expect(ran.outcomes[1]!.refused?.at).toMatch(/^src\/job\.ts:8:/)
    }
  })

  it('gives the same module in another folder', async () => {
    const files = {
      ...packages,
      'package.json': '{ "type": "module" }',
      'lib/parts.ts': `import { named } from 'old-style'\nexport const parts = (s: string): string => named(s)`,
      'job.ts': `import { parts } from './lib/parts.ts'
        import { face } from 'two-faced'
        const K = 2
        const { runCases } = await import(${JSON.stringify(runner)})
        await runCases([['all', (s: string) => [parts(s), face, K], 'a']])`,
    }
    const [a, b] = [project(files), project({ 'package.json': '{}' })]
    cpSync(a, join(b, 'deep/er'), { recursive: true })
    const first = await runFixture(join(a, 'job.ts'))
    const second = await runFixture(join(b, 'deep/er/job.ts'))
    expectSame(first, 1)
    expect(first.outcomes[0]!.hash).toBe(second.outcomes[0]!.hash)
  })

  it('keeps apart what goes by value and by reference, over several files', async () => {
    const folder = project({
      'package.json': '{ "type": "module" }',
      'steps.ts':
        `export class Row { constructor(readonly n: number) {} }\nexport const toRow = (n: number) => new Row(n)\nexport let setting = 1\nexport const set = (n: number) => { setting = n }`.replace(
          'constructor(readonly n: number) {}',
          'n: number; constructor(n: number) { this.n = n }',
        ),
      'checks.ts': `import { Row } from './steps.ts'\nexport const isRow = (x: unknown) => x instanceof Row`,
      'door.ts': `export * from './steps.ts'`,
      'pipeline.ts': `import { read } from 'dunlin'\nconst secret = 9\nexport const own = (x: number) => x + secret\nexport const use = () => read.text('x')\nexport const state = { n: 1 }`,
      'job.ts': `import { toRow, Row } from './steps.ts'
        import * as steps from './steps.ts'
        import { isRow } from './checks.ts'
        import { own, state } from './pipeline.ts'
        import { toRow as viaDoor } from './door.ts'
        state.n = 5
        const row = toRow(1)
        const { runCases } = await import(${JSON.stringify(runner)})
        await runCases([
          ['a function of another file given directly', [toRow, x => isRow(toRow(x)), () => isRow(row), () => row instanceof Row], 1],
          ['through a door', [x => isRow(viaDoor(x)), viaDoor], 1],
          ['a file that builds pipelines', [own, () => state.n, x => own(x) + state.n], 1],
          ['a namespace', x => new steps.Row(x).n, 3],
        ])`,
      'node_modules/dunlin/package.json': '{ "name": "dunlin", "type": "module", "exports": "./index.js" }',
      'node_modules/dunlin/index.js':
        'export const read = { text: path => path }; export const count = () => 1',
      'other.ts': `import { count, read } from 'dunlin'
        import * as dunlin from 'dunlin'
        import { helper } from './uses-dunlin.ts'
        const { runCases } = await import(${JSON.stringify(runner)})
        await runCases([['unused', x => (x ? 1 : count()), 1], ['used', () => count()], ['namespace', () => dunlin.read], ['deep', x => helper(x), 2]])`,
      'uses-dunlin.ts': `import { inner } from './deeper.ts'\nexport const helper = (x: number) => inner(x)`,
      'deeper.ts': `import { count } from 'dunlin'\nexport const inner = (x: number) => x * 2\nexport const never = () => count()`,
    })
    expectSame(await runFixture(join(folder, 'job.ts')), 4)
    const other = await runFixture(join(folder, 'other.ts'))
    expect(other.there['unused']).toBe('[ 1 ]')
    expect(other.there['deep']).toBe('[ 4 ]')
    for (const name of ['used', 'namespace']) expect(other.there[name]).toContain('only exists on the driver')
  })
})

const projectCount = 4

describe('what cannot be shipped', () => {
  let refused: Map<string, string>
  beforeAll(async () => {
    const { outcomes } = await runFixture(join(fixtures, 'refusals.ts'))
    refused = new Map(
      outcomes.map(o => [
        o.name,
        o.refused ? `${o.refused.message}\n= ${o.refused.hint}` : `${o.crashed ?? 'shipped'}`,
      ]),
    )
  })

  it('is refused with the reason, the path of capture and the way out', () => {
    const lines = readFileSync(join(fixtures, 'refusals.ts'), 'utf8').split('\n')
    // Lines move when the fixture is edited; what matters is that each names a line that has a function.
    const text = [...refused]
      .map(
        ([name, message]) =>
          `${name}: ${message.replace(/refusals\.ts:(\d+):\d+/g, (_, n) => {
            expect(lines[Number(n) - 1]).toMatch(/=>|function|class|=|\(/)
            return 'refusals.ts'
          })}`,
      )
      .join('\n\n')
    expect(text).toMatchInlineSnapshot(`
      "a socket: cannot ship: Socket is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable cfg
            ↳ .db
              ↳ .conn
      = create it inside the function, or once for each worker with perWorker(() => …)

      a promise: cannot ship: Promise is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable promise
      = create it inside the function, or once for each worker with perWorker(() => …)

      a WeakMap: cannot ship: WeakMap is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable weak
      = create it inside the function, or once for each worker with perWorker(() => …)

      an emitter: cannot ship: EventEmitter is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable emitter
      = create it inside the function, or once for each worker with perWorker(() => …)

      a generator: cannot ship: Generator is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable generator
      = create it inside the function, or once for each worker with perWorker(() => …)

      an abort signal: cannot ship: AbortController is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable controller
      = create it inside the function, or once for each worker with perWorker(() => …)

      a bound function: cannot ship: the receiver of bound usesThis cannot be read
      = pass an arrow function: record => object.method(record)

      a method that uses this: cannot ship: it uses \`this\`, but a worker calls it without a receiver
        ↳ function usesThis (refusals.ts)
      = pass an arrow function: record => object.method(record)

      an arrow that uses this: cannot ship: it uses \`this\` of the code around it, which cannot be copied
        ↳ function arrow (refusals.ts)
      = assign what it needs to a const before the function

      a local instance with private fields: cannot ship: an instance of Hidden has private fields (#n), which cannot be read from outside, and evaluating the initialiser of list again would lose its change at refusals.ts
        ↳ function (refusals.ts)
          ↳ variable list
            ↳ initialiser of list (refusals.ts)
      = create it inside the function, or move it to a file of its own and import it

      a variable that V8 dropped: cannot ship: limit was dropped by V8, since no function uses it, and cannot be recovered
        ↳ function (refusals.ts)
          ↳ variable inner
            ↳ initialiser of inner (refusals.ts)
              ↳ variable limit
      = use limit inside the function, so that it is kept

      a patched class: cannot ship: class Patched was changed after its declaration (Patched.prototype.run), by a decorator or a patch
        ↳ function (refusals.ts)
          ↳ variable instance
            ↳ class Patched (refusals.ts)
      = move it to a file of its own and import it

      an initialiser that reads the clock: cannot ship: an instance of Limit has private fields (#max), which cannot be read from outside, and the initialiser of stamped uses Date.now: evaluated again it would be another value
        ↳ function (refusals.ts)
          ↳ variable stamped
            ↳ initialiser of stamped (refusals.ts)
      = create it inside the function, or move it to a file of its own and import it

      a constant changed later: cannot ship: an instance of Limit has private fields (#max), which cannot be read from outside, and evaluating the initialiser of grown again would lose its change at refusals.ts
        ↳ function (refusals.ts)
          ↳ variable grown
            ↳ initialiser of grown (refusals.ts)
      = create it inside the function, or move it to a file of its own and import it

      import.meta: cannot ship: it uses import.meta, which on a worker is another file
        ↳ function (refusals.ts)
      = pass what it needs as a constant instead

      direct eval: cannot ship: it uses eval or with, so that its variables cannot be known
        ↳ function (refusals.ts)
      = use new Function with parameters

      a dataset: cannot ship: Dataset only exists on the driver
        ↳ function (refusals.ts)
          ↳ variable driverOnly
      = collect what the function needs before, and capture that

      shared memory: cannot ship: SharedArrayBuffer is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable shared
            ↳ .buffer
      = create it inside the function, or once for each worker with perWorker(() => …)

      a very deep value: cannot ship: values are nested more than 400 levels deep
        ↳ function (refusals.ts)
          ↳ variable nested
            ↳ .next
              ↳ .next
                ↳ …
                  ↳ .next
                    ↳ .next
                      ↳ .next
                        ↳ .next
      = ship a flat table and build the nested structure on the worker

      an iterator in use: cannot ship: Iterator is a live resource of this process
        ↳ function (refusals.ts)
          ↳ variable iterator
      = create it inside the function, or once for each worker with perWorker(() => …)

      arguments of the function around: cannot ship: it uses \`arguments\` of the function around it
        ↳ function (refusals.ts)
      = assign what it needs to a const before the function

      a computed dynamic import: cannot ship: import() of a module whose name is computed
        ↳ function (refusals.ts)
      = import it by name

      a variable before its initialisation: cannot ship: late is used before its initialisation
        ↳ function (refusals.ts)
          ↳ variable late
      = run the pipeline below its declaration

      a closure of a package: cannot ship: a function from inside package commander
      = call it by its imported name inside an arrow function

      a local object of a package: cannot ship: an object of package @dagrejs/graphlib cannot be copied, and evaluating the initialiser of list again would lose its change at refusals.ts
        ↳ function (refusals.ts)
          ↳ variable list
            ↳ initialiser of list (refusals.ts)
      = create it inside the function, or move it to a file of its own and import it

      a module that cannot be found: cannot ship: ./does-not-exist.ts cannot be resolved, imported at refusals.ts
      = check the import, or create what it gives inside the function"
    `)
  })
})

describe('ship', () => {
  it('gives a module for no functions at all', async () => {
    const shipped = await ship([])
    expect(new TextDecoder().decode(shipped.source)).toBe('export default [];\n')
    expect(await loadModule({ ...shipped, directory: mkdtempSync(join(tmpdir(), 'dunlin-code-')) })).toEqual(
      [],
    )
  })

  it('gives the same hash for the same functions, and keeps their order', async () => {
    const factor = 3
    const fns = [(x: number) => x * factor, (x: number) => x + factor]
    const [first, second] = [await ship(fns), await ship(fns)]
    expect(first.hash).toBe(second.hash)
    expect(first.functions.map(f => f.index)).toEqual([0, 1])
    const [times, plus] = await loadModule({
      ...first,
      directory: mkdtempSync(join(tmpdir(), 'dunlin-code-')),
    })
    expect([times!(5 as never), plus!(5 as never)]).toEqual([15, 8])
  })

  it('copies from a test file and never imports it', async () => {
    const shipped = await ship([() => packages, () => runner])
    expect(new TextDecoder().decode(shipped.source)).not.toContain('beforeAll')
  })

  it('says where a function was passed', async () => {
    const bound = ((x: number) => x).bind(null)
    await expect(ship([bound], { locations: ['job.ts:12'] })).rejects.toThrow(/↳ passed at job\.ts:12/)
  })

  it('takes functions of dunlin itself by reference', async () => {
    const { sameSchema } = await import('../../../operators/batch/schema.ts')
    const shipped = await ship([sameSchema, (a: never, b: never) => sameSchema(a, b)])
    const [same] = await loadModule({ ...shipped, directory: mkdtempSync(join(tmpdir(), 'dunlin-code-')) })
    expect(same!([] as never, [] as never)).toBe(true)
  })

  it('warns once of a variable that functions change, by name and place, and says what to do instead', async () => {
    let n = 0
    const shipped = await ship([(_: number) => ++n, () => n++ + n--])
    expect(shipped.warnings).toEqual([
      expect.stringMatching(
        /^variable n is changed at test\/src\/ship\/ship\.test\.ts:\d+:\d+ by a function that runs on workers, where each worker changes its own copy that the program never sees: use reduce, an aggregation or task\.counter instead$/,
      ),
    ])
  })

  it('prints that warning once for a job', async () => {
    const seen: Error[] = []
    const note = (warning: Error) => seen.push(warning)
    process.on('warning', note)
    try {
      let n = 0
      const records = await range(10)
        .map(() => ++n)
        .collect()
      expect(records).toHaveLength(10)
      await new Promise(setImmediate)
    } finally {
      process.off('warning', note)
    }
    expect(seen.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      expect.stringMatching(
        /^DunlinWarning: variable n is changed at test\/src\/ship\/ship\.test\.ts:\d+:\d+ /,
      ),
    ])
  })

  it('warns of large captured data by name, and refuses more than fits', async () => {
    const large = Buffer.alloc(12 * 2 ** 20, 1)
    const shipped = await ship([() => large.length])
    expect(shipped.warnings).toEqual(['variable large adds 12.0 MB to the code that every worker loads'])
    const huge = Buffer.alloc(65 * 2 ** 20)
    await expect(ship([() => huge.length])).rejects.toMatchObject({
      code: 'CANNOT_SHIP',
      message: expect.stringContaining('over 64 MB'),
    })
  })

  it('refuses names that it might generate itself, and what is no function', async () => {
    const x$d1 = 1
    await expect(ship([() => x$d1])).rejects.toMatchObject({ code: 'CANNOT_SHIP' })
    await expect(ship(['text' as never], { locations: ['job.ts:4'] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      place: { at: 'job.ts:4' },
    })
  })

  it('sees the values of the moment, in every capture anew', async () => {
    let level = 1
    const fn = () => level
    const directory = mkdtempSync(join(tmpdir(), 'dunlin-code-'))
    const first = await loadModule({ ...(await ship([fn])), directory })
    level = 2
    const second = await loadModule({ ...(await ship([fn])), directory })
    expect([first[0]!(), second[0]!()]).toEqual([1, 2])
  })

  it('ships many plans at the same time', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dunlin-code-'))
    const results = await Promise.all(
      [1, 2, 3, 4].map(async n => (await loadModule({ ...(await ship([() => n])), directory }))[0]!()),
    )
    expect(results).toEqual([1, 2, 3, 4])
  })

  it('leaves code that imports nothing to no bundler', async () => {
    const text = new TextDecoder().decode((await ship([(x: number) => x * projectCount])).source)
    expect(text).toBe(
      'const projectCount$d1 = 4;\nconst $f$d0 = (0, (x        ) => x * projectCount$d1);\nexport default [$f$d0];\n',
    )
  })
})
