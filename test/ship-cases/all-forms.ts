/** `npm run ship-cases`: every case in every form, on two versions of Node; prints the table and what is wrong. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CASES, type Form } from './cases.ts'
import { makeProject } from './project.ts'
import { type Runtime, runCase } from './run-case.ts'

const FORMS: readonly Form[] = ['TypeScript', 'tsx', 'ESM', 'CommonJS']
/** Packages of their own: the product needs none of them. */
const RUNTIMES = { node22: 'npm:node@22', tsx: '^4' }
const FOLDER = join(import.meta.dirname, '.runtimes')
const BUILT_CLI = resolve(import.meta.dirname, '../../dist/src/cli/dunlin.js')

const print = (text: string): void => void process.stdout.write(`${text}\n`)

function install(): void {
  mkdirSync(FOLDER, { recursive: true })
  // The package node is fetched by a script of its own; from npm 11 on it runs only where it is allowed.
  const project = { private: true, dependencies: RUNTIMES, allowScripts: { node: true, esbuild: true } }
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify(project))
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('npm install failed')
}

const flagsOf = (form: Form): readonly string[] =>
  form === 'tsx' ? ['--import', join(FOLDER, 'node_modules/tsx/dist/loader.mjs')] : []

async function column(form: Form, node: string): Promise<readonly string[]> {
  const project = makeProject(form)
  const runtime: Runtime = { node, flags: flagsOf(form), cli: BUILT_CLI }
  try {
    const cells: string[] = []
    for (const one of CASES) {
      const reason = one.not?.[form]
      if (reason !== undefined) cells.push('–')
      else cells.push((await runCase(one, runtime, project, form)) ?? 'as promised')
    }
    return cells
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

install()
const nodes = { 24: process.execPath, 22: join(FOLDER, 'node_modules/node22/bin/node') }
const columns: { readonly title: string; readonly cells: readonly string[] }[] = []
for (const [version, node] of Object.entries(nodes)) {
  for (const form of FORMS)
    columns.push({ title: `Node ${version}, ${form}`, cells: await column(form, node) })
}
let wrong = 0
print(`| case | ${columns.map(({ title }) => title).join(' | ')} |`)
print(`|---|${columns.map(() => '---|').join('')}`)
for (const [i, { title }] of CASES.entries()) {
  const cells = columns.map(({ cells }) => cells[i]!)
  print(`| ${title} | ${cells.map(cell => (/^(as promised|–)$/.test(cell) ? cell : 'WRONG')).join(' | ')} |`)
  for (const [j, cell] of cells.entries()) {
    if (/^(as promised|–)$/.test(cell)) continue
    wrong++
    process.stderr.write(`${title}, ${columns[j]!.title}: ${cell}\n\n`)
  }
}
print(`${CASES.length} cases in ${columns.length} forms, ${wrong} wrong`)
process.exitCode = wrong === 0 ? 0 : 1
