/** Runs the command line as a process of its own, from the sources, in a directory of its own. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'

export const CLI = [
  '--conditions=development',
  fileURLToPath(new URL('../../../src/cli/dunlin.ts', import.meta.url)),
]

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with all that stderr has said so far. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
}

export function jobFixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/jobs/${name}`, import.meta.url))
}

/** A directory that goes away with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'dunlin-cli-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function dunlin(args: readonly string[], { cwd, env = {}, onStderr }: CliOptions): Promise<CliResult> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [...CLI, ...args], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString()
    })
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString()
      onStderr?.(stderr, signal => child.kill(signal))
    })
    child.on('error', fail)
    child.on('close', code => done({ code, stdout, stderr }))
  })
}

const LISTENED = ['SIGINT', 'SIGTERM', 'uncaughtException'] as const

/** For what runs no job: a process for each would take longer than all of them together. */
export async function dunlinInThisProcess(args: readonly string[]): Promise<CliResult> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      said[name] += String(text)
      return true
    })
  }
  const chosen = ['DUNLIN_STORE', 'DUNLIN_ENGINE'].map(name => [name, process.env[name]] as const)
  const before = LISTENED.map(event => process.listeners(event as 'SIGINT'))
  const streams = [process.stdout, process.stderr].map(stream => ({
    stream,
    errors: stream.listeners('error'),
  }))
  try {
    return { code: await main(args), ...said }
  } finally {
    vi.restoreAllMocks()
    // Verbs choose engine and store by environment.
    for (const [name, value] of chosen) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    LISTENED.forEach((event, i) => {
      for (const added of process.listeners(event as 'SIGINT')) {
        if (!before[i]!.includes(added)) process.removeListener(event, added)
      }
    })
    for (const { stream, errors } of streams) {
      for (const added of stream.listeners('error')) {
        if (!errors.includes(added)) stream.removeListener('error', added as () => void)
      }
    }
  }
}
