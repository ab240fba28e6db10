/** installMoto: moto, an S3 server from PyPI, in a virtual environment of its own that is made when it is first needed. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { DunlinError } from '../../src/worker.ts'

const run = promisify(execFile)

const VERSION = '5.2.5'
const SERVER_PACKAGES = ['flask==3.1.3', 'flask-cors==6.0.5']
const INSTALL_MS = 300_000
const LOOK_MS = 500
const INSTEAD =
  'or give an S3 server that you have (MinIO for example): aws.endpoints.s3 in dunlin.config.ts, or AWS_ENDPOINT_URL_S3.'

/** What dunlin needs of it: `moto[server]` would bring what all services need, three times as much. */
export const S3_ALONE: readonly string[] = ['s3']

/**
 * Gives the Python that has it. Several processes may come here at once: one installs, the others wait.
 *
 * @throws CONFIGURATION where there is no Python 3, no pip, or no network
 */
export async function installMoto(home: string, services = S3_ALONE): Promise<string> {
  const place = join(home, ['moto', VERSION, ...(services === S3_ALONE ? [] : services)].join('-'))
  const python = pythonOf(place)
  if (existsSync(python)) return python
  const system = await systemPython()
  if (system === undefined)
    throw cannot('there is no Python 3 on this machine', `Install Python 3, ${INSTEAD}`)
  const building = `${place}.building`
  mkdirSync(home, { recursive: true })
  while (!take(building)) {
    await sleep(LOOK_MS)
    if (existsSync(python)) return python
    // Whoever was at it has been killed.
    if (ageMs(building) > INSTALL_MS) rmSync(building, { recursive: true, force: true })
  }
  process.stderr.write(`dunlin: setting up an S3 server, moto, in ${place}; this is done once\n`)
  try {
    await run(system, ['-m', 'venv', building]).catch((error: unknown) => {
      throw cannot(
        `Python makes no virtual environment: ${lastLine(error)}`,
        `Install venv and pip for Python 3 (on Debian: apt install python3-venv), ${INSTEAD}`,
        error,
      )
    })
    const flags = ['--quiet', '--disable-pip-version-check', '--no-compile']
    const packages = [`moto[${services.join(',')}]==${VERSION}`, ...SERVER_PACKAGES]
    const options = { timeout: INSTALL_MS }
    await run(pythonOf(building), ['-m', 'pip', 'install', ...flags, ...packages], options).catch(
      (error: unknown) => {
        throw cannot(
          `pip could not install moto: ${lastLine(error)}`,
          `Check the network and the settings of pip, ${INSTEAD}`,
          error,
        )
      },
    )
    renameSync(building, place)
    return python
  } catch (error) {
    rmSync(building, { recursive: true, force: true })
    throw error
  }
}

function pythonOf(environment: string): string {
  return process.platform === 'win32'
    ? join(environment, 'Scripts', 'python.exe')
    : join(environment, 'bin', 'python')
}

async function systemPython(): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    const found = await run(name, ['--version']).catch(() => undefined)
    if (found !== undefined && /Python 3\./.test(found.stdout)) return name
  }
  return undefined
}

/** Whether the folder is this process's to fill. */
function take(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch {
    return false
  }
}

function ageMs(folder: string): number {
  const made = statSync(folder, { throwIfNoEntry: false })?.birthtimeMs
  return made === undefined ? 0 : Date.now() - made
}

function lastLine(error: unknown): string {
  const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message?: string }
  const said = (stderr?.trim() || stdout?.trim() || message || String(error)).split('\n')
  return said.at(-1)!.trim()
}

function cannot(why: string, hint: string, cause?: unknown): DunlinError {
  const options = cause === undefined ? { hint } : { hint, cause }
  return new DunlinError(
    'CONFIGURATION',
    `aws-local needs an S3 server, and moto cannot be had: ${why}`,
    options,
  )
}
