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
  /** Programs that were refused, since something in them could not be made again. */
  readonly refused: number
  /** What went wrong, with the first seed of the programs that were shipped together. */
  readonly wrong: readonly { readonly seed: number; readonly text: string }[]
}

const REFUSED_RIGHTLY = /which shipped code changes: made again it would be another value/

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

/** Programs of the seeds from `first` on, all in two processes, so many of them in one module. */
export async function runPrograms(
  first: number,
  { count, together }: { readonly count: number; readonly together: number },
): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-fuzz-'))
  const programs = join(folder, 'programs')
  let functions = 0
  let bundled = 0
  let refusedPrograms = 0
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
    const said = await run(join(import.meta.dirname, 'driver.ts'), [modules, programs, String(together)])
    const outcomes = JSON.parse(said) as readonly Outcome[]
    const loader = resolve(import.meta.dirname, '../fixtures/ship/load-cases.ts')
    const there = JSON.parse(await run(loader, [modules, join(folder, 'worker')], said)) as Record<
      string,
      string
    >
    const wrong: { seed: number; text: string }[] = []
    for (const { name, here, refused, crashed } of outcomes) {
      const seed = Number(name)
      // What cannot be made again rightly must be refused, not shipped.
      if (refused !== undefined && REFUSED_RIGHTLY.test(refused.message)) {
        if (together === 1) refusedPrograms++
        else {
          // One by one, so that the others are compared.
          const left = Math.min(together, first + count - seed)
          const alone = await runPrograms(seed, { count: left, together: 1 })
          refusedPrograms += alone.refused
          wrong.push(...alone.wrong)
        }
      } else if (here === undefined) wrong.push({ seed, text: crashed ?? `refused: ${refused?.message}` })
      else if (there[name] !== here) wrong.push({ seed, text: `here ${here}, there ${there[name]}` })
    }
    const modulesMade = Math.ceil(count / together)
    if (outcomes.length !== modulesMade)
      wrong.push({ seed: first, text: `${outcomes.length} of ${modulesMade} modules were made` })
    return { programs: count, functions, bundled, refused: refusedPrograms, wrong }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
