/** A user's project in a folder of its own: the job files in one of the forms in which people run them. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import ts from 'typescript'
import type { Form, ShipCase } from './cases.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const JOBS = join(import.meta.dirname, 'jobs')
const PACKAGES = ['zod', 'acorn']

/** The folder; job files stand in it under their names, with the ending that `fileOf` gives. */
export function makeProject(form: Form): string {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-ship-cases-'))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'cases',
      ...(form === 'CommonJS' ? {} : { type: 'module' }),
      imports: { '#triple': isSource(form) ? './triple.ts' : './triple.js' },
    }),
  )
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { paths: { '@own/*': ['./*.ts'] } } }),
  )
  for (const name of readdirSync(JOBS)) {
    if (/^\.c?ts$/.test(extname(name)) && !isSource(form)) compile(name, folder, form)
    // Also beside what was compiled from it: errors show lines of it.
    cpSync(join(JOBS, name), join(folder, name))
  }
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/dunlin'), 'junction')
  for (const name of PACKAGES)
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), 'junction')
  addNativePackage(join(folder, 'node_modules/native-addon'))
  return folder
}

const isSource = (form: Form): boolean => form === 'TypeScript' || form === 'tsx'

export function fileOf({ file, ...one }: ShipCase, form: Form): string {
  const extension: string = one.extension ?? '.ts'
  return file + (isSource(form) ? extension : extension.replace('ts', 'js'))
}

function compile(name: string, folder: string, form: Form): void {
  const text = readFileSync(join(JOBS, name), 'utf8')
  const isCommonJs = form === 'CommonJS' || name.endsWith('.cts')
  const { outputText } = ts.transpileModule(isCommonJs ? text.replace(/^await /gm, 'void ') : text, {
    fileName: name,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: isCommonJs ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      esModuleInterop: true,
      inlineSourceMap: true,
      inlineSources: true,
    },
  })
  writeFileSync(join(folder, name.replace(/ts$/, 'js')), outputText)
}

/** As node-gyp would leave it, but that nothing was built: loading it fails, and it must not come so far. */
function addNativePackage(folder: string): void {
  mkdirSync(join(folder, 'build/Release'), { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'native-addon', version: '1.0.0', main: 'index.js' }),
  )
  writeFileSync(
    join(folder, 'index.js'),
    `let native = { add: (a, b) => a + b }\nif (process.env.NATIVE_ADDON) native = require('./build/Release/addon.node')\nexports.native = native\n`,
  )
  writeFileSync(join(folder, 'build/Release/addon.node'), 'not a library')
}
