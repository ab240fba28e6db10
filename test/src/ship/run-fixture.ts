/** Runs a shipping fixture as a program of its own, and its modules in another fresh process. */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Outcome } from '../../fixtures/ship/run-cases.ts'

export const fixtures = join(import.meta.dirname, '../../fixtures/ship')

export interface Ran {
  readonly outcomes: readonly Outcome[]
  /** Case → what its functions gave in the process that loaded them. */
  readonly there: Readonly<Record<string, string>>
  readonly driverErrors: string
  readonly workerErrors: string
}

const FLAGS = ['--conditions=development', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON']

function run(
  script: string,
  args: readonly string[],
  input = '',
  cwd = tmpdir(),
): Promise<{ out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...FLAGS, script, ...args], { cwd })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', text => (out += text))
    child.stderr.setEncoding('utf8').on('data', text => (err += text))
    child.on('error', reject)
    child.on('close', code =>
      code === 0 ? resolve({ out, err }) : reject(new Error(`${script} ended with ${code}: ${err}`)),
    )
    child.stdin.end(input)
  })
}

export async function runFixture(script: string): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-ship-'))
  const driver = await run(script, [join(folder, 'modules')], '', dirname(script))
  const worker = await run(
    join(fixtures, 'load-cases.ts'),
    [join(folder, 'modules'), join(folder, 'worker')],
    driver.out,
  )
  return {
    outcomes: JSON.parse(driver.out) as Outcome[],
    there: JSON.parse(worker.out) as Record<string, string>,
    driverErrors: driver.err,
    workerErrors: worker.err,
  }
}

/** Output of a program; for those that print something else than outcomes. */
export function output(script: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...FLAGS, script, ...args], { cwd: dirname(script) }, (error, out, err) =>
      error === null ? resolve(out) : reject(new Error(`${error.message}\n${err}`)),
    )
  })
}
