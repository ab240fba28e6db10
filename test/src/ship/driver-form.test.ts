/** Programs that were bundled with their packages are told by what bundlers write, not by what people write of them. */
import * as acorn from 'acorn'
import { expect, it } from 'vitest'
import { unreadableForm } from '../../../src/ship/driver-form.ts'

function formOf(source: string): string | undefined {
  return unreadableForm({
    ...{ scriptId: '0', url: '', file: null, isModule: true, source, lineStarts: [0], map: null },
    tree: acorn.parse(source, { ecmaVersion: 'latest', sourceType: 'module' }),
    ...{ imports: new Map(), specifiers: [] },
  })
}

const BUNDLED = 'was bundled with its packages'

it.each([
  ['a module of CommonJS', 'var __commonJS = (cb, mod) => () => mod\nvar require_a = __commonJS({})'],
  ['webpack', '(() => { function __webpack_require__(id) { return id }\n__webpack_require__(1) })()'],
  [
    'a package of ES modules',
    'var __export = (target, all) => {}\n// node_modules/zod/v4/core.js\nvar core = {}\n__export(core, {})',
  ],
  ['a package above', 'var __toESM = mod => mod\n// ../../node_modules/@scope/a/index.mjs\nvar a = 1'],
  ['a module of CommonJS that Rollup holds', 'function getDefaultExportFromCjs (x) { return x }\nvar a = 1'],
  ['a package that Rolldown holds', '//#region node_modules/zod/v4/core.js\nvar core = {}\n//#endregion'],
])('%s is a bundle', (_, source) => {
  expect(formOf(source)).toBe(BUNDLED)
})

it('names that were made different tell of several files in one', () => {
  const said = 'was bundled from several files without a source map'
  expect(formOf('function parse(a) {}\nfunction parse$1(a) {}')).toBe(said)
  expect(formOf('class Map$1 {}\nconst a = new Map$1()')).toBe(said)
  expect(formOf('const cost$1 = 1, $1 = 2, price = 3')).toBeUndefined()
  expect(formOf('const parse = 1; { const parse$1 = 2 }')).toBeUndefined()
})

it.each([
  ['a comment of a package', '// node_modules/zod is what checks the rows\nconst a = 1'],
  ['a comment with a file', '// node_modules/zod/index.js\nconst a = 1'],
  ['a comment beside a helper', 'const __export = 1\n// node_modules/zod/index.js is read here\nconst a = 1'],
  ['a helper in a text', 'const text = `var __commonJS = (cb) => cb`\nconst b = "__webpack_require__(1)"'],
  ['a helper in a comment', '// __webpack_require__(1) and __commonJS = (\nconst a = 1'],
])('%s is none', (_, source) => {
  expect(formOf(source)).toBeUndefined()
})
