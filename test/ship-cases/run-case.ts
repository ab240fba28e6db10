/** Runs one case by the command line, in a process of its own, and says what is wrong with what it said. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import type { Form, ShipCase } from './cases.ts'
import { fileOf } from './project.ts'

const CLI = resolve(import.meta.dirname, '../../src/cli/dunlin.ts')
const LIMIT_MS = 60_000

/** Of the process that runs dunlin. */
export interface Runtime {
  /** Path of the executable. */
  readonly node: string
  readonly flags: readonly string[]
  /** Path of the command line. Default: its source. */
  readonly cli?: string
}

/** Null where the case says what it should. */
export async function runCase(
  one: ShipCase,
  { node, flags, cli = CLI }: Runtime,
  project: string,
  form: Form,
): Promise<string | null> {
  const said = await output(
    node,
    [...flags, cli, 'run', join(project, fileOf(one, form)), '--quiet'],
    project,
  )
  let rest = said
  for (const text of one.says) {
    const at = rest.indexOf(text)
    if (at === -1) return `it does not say ${JSON.stringify(text)} but\n${said}`
    rest = rest.slice(at + text.length)
  }
  return null
}

function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', DUNLIN_WORKERS: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', piece => (text += piece))
    child.on('error', fail)
    child.on('close', (code, signal) =>
      done(signal === null ? text : `${text}\nended by ${signal} (code ${code})`),
    )
  })
}
