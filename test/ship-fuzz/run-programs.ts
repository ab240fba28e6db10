/** Runs generated programs in the process that made them and, shipped, in another; tells what is different. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Outcome } from '../fixtures/ship/run-cases.ts'
import { generateProgram } from './generate-program.ts'

export interface FuzzResult {
  readonly programs: number
  readonly functions: number
  /** Programs that import a file of their own, so that they were bundled. */
  readonly bundled: number
  /** Why programs were refused, names left out → how many. */
  readonly refused: Readonly<Record<string, number>>
  readonly wrong: readonly { readonly seed: number; readonly text: string }[]
}

function run(script: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['--conditions=development', script, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', piece => (text += piece))
    child.on('error', fail)
    child.on('close', code => (code === 0 ? done(text) : fail(new Error(`${script} ended with ${code}`))))
    child.stdin.end(input)
  })
}

/** The reason of a refusal without what is different in every program: names, places, the path of capture. */
function reasonOf(message: string): string {
  return message
    .split('\n')[0]!
    .replace(/\S*\b\w+\.mjs:\d+(?::\d+)?/g, '…')
    .replace(/[\w$]*[a-z$_]\d+\b/gi, '…')
}

/** Programs of so many seeds from `first` on, all in two processes, and each in a module of its own. */
export async function runPrograms(first: number, count: number): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-fuzz-'))
  const programs = join(folder, 'programs')
  let functions = 0
  let bundled = 0
  try {
    for (let seed = first; seed < first + count; seed++) {
      const { files, functions: given } = generateProgram(seed)
      functions += given
      const place = join(programs, String(seed))
      mkdirSync(place, { recursive: true })
      for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text)
      if ('library.mjs' in files) bundled++
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const modules = join(folder, 'modules')
    const said = await run(join(import.meta.dirname, 'driver.ts'), [modules, programs])
    const outcomes = JSON.parse(said) as readonly Outcome[]
    const loader = resolve(import.meta.dirname, '../fixtures/ship/load-cases.ts')
    const there = JSON.parse(await run(loader, [modules, join(folder, 'worker')], said)) as Record<
      string,
      string
    >
    const wrong: { seed: number; text: string }[] = []
    const reasons: Record<string, number> = {}
    for (const { name, here, refused, crashed } of outcomes) {
      const seed = Number(name)
      if (refused !== undefined) {
        const reason = reasonOf(refused.message)
        reasons[reason] = (reasons[reason] ?? 0) + 1
      } else if (here === undefined) wrong.push({ seed, text: String(crashed) })
      else if (there[name] !== here) wrong.push({ seed, text: `here ${here}, there ${there[name]}` })
    }
    if (outcomes.length !== count)
      wrong.push({ seed: first, text: `${outcomes.length} of ${count} programs were shipped` })
    return { programs: count, functions, bundled, refused: reasons, wrong }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
