/** startMoto: an S3 server for this process alone. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { DunlinError } from '../../src/worker.ts'
import { installMoto } from './install-moto.ts'
import { SERVE_S3 } from './serve-s3.ts'

export interface MotoServer {
  readonly endpoint: string
  close(): Promise<void>
}

export interface MotoOptions {
  /** Where it is installed, or will be. */
  readonly home: string
  /** The Python program that serves. Default: S3 and nothing else. */
  readonly program?: string
  /** Which services its packages are for. Default: S3 and nothing else. */
  readonly services?: readonly string[]
}

const START_MS = 30_000
const SHOWN_CHARACTERS = 1_000

/**
 * On a free port of 127.0.0.1; what it is given it keeps in memory. It does not keep this process alive, and ends with it,
 * however that ends.
 *
 * @throws CONFIGURATION where it cannot be installed or started
 */
export async function startMoto({ home, program = SERVE_S3, services }: MotoOptions): Promise<MotoServer> {
  const python = await installMoto(home, services)
  // A group of its own: Ctrl-C is for the driver, which still has to clear away.
  const child = spawn(python, ['-c', program], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const endpoint = await addressOf(child)
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref()
  return {
    endpoint,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise(done => child.once('exit', done))
      child.ref()
      child.stdin.end()
      await ended
    },
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((found, fail) => {
    let said = ''
    const failed = (why: string): void => {
      clearTimeout(timer)
      const text = said.trim().slice(-SHOWN_CHARACTERS)
      fail(new DunlinError('CONFIGURATION', `the S3 server moto ${why}${text === '' ? '' : `: ${text}`}`))
    }
    const timer = setTimeout(() => {
      child.kill()
      failed(`did not start within ${START_MS / 1000} s`)
    }, START_MS)
    child.stderr!.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-10_000)
    })
    child.stdout!.once('data', (line: Buffer) => {
      clearTimeout(timer)
      found(line.toString().trim())
    })
    child.once('exit', code => failed(`ended with ${code}`))
    child.once('error', error => failed(`could not be started (${error.message})`))
  })
}
