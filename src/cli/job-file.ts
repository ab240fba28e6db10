/** A job file: a script that runs by itself, or a module whose default export says what to run. */
import { spawn } from 'node:child_process'
import { existsSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DunlinError } from '../../operators/index.ts'
import { DRIVER_ONLY } from '../dataset/driver-only.ts'
import type { Output } from '../dataset/output.ts'
import { MANIFEST } from '../engine/artefact-name.ts'
import type * as Dunlin from '../index.ts'
import { UsageError } from './usage-error.ts'

export type JobFile =
  /** It has no default export; importing it has run it. */
  | { readonly kind: 'script' }
  /** `dunlin` is the instance of the package that the outputs were made with. */
  | { readonly kind: 'outputs'; readonly outputs: readonly Output[]; readonly dunlin: typeof Dunlin }

/** Whether it is a directory that `dunlin build` made. */
export function isArtefactPath(path: string): boolean {
  return existsSync(join(path, MANIFEST))
}

/** The outputs of an artefact; its functions and parameters are as they were when it was built. */
export async function loadArtefact(path: string, { params, args }: LoadOptions): Promise<JobFile> {
  const [param] = Object.keys(params)
  if (param !== undefined || args.length > 0) {
    throw new UsageError(
      `${path} is an artefact, which takes no ${param === undefined ? 'arguments' : 'parameters'}`,
      'Give parameters when it is built: dunlin build job.ts --param name=value',
    )
  }
  const dunlin = await import('../index.ts')
  return { kind: 'outputs', outputs: await dunlin.artefact(path), dunlin }
}

/** The absolute path of the file, or a usage error. */
export function jobFilePath(file: string): string {
  const path = resolve(file)
  if (!existsSync(path)) throw new UsageError(`there is no file ${file}`)
  if (!statSync(path).isFile()) throw new UsageError(`${file} is not a file`)
  return path
}

/**
 * Where this Node strips types only when told to (22.15 … 22.17) and the file needs it: runs the same command again
 * with the flag, and gives its exit code. Else undefined.
 */
export async function rerunWithTypeStripping(path: string): Promise<number | undefined> {
  if (!/\.[mc]?ts$/.test(path) || process.features.typescript !== false) return undefined
  const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal)
    process.on(signal, () => child.kill(signal))
  }
  return await new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
  })
}

/** Looked up in the text: importing a script runs it. */
async function hasDefaultExport(path: string): Promise<boolean> {
  const { build } = await import('esbuild')
  const building = build({
    entryPoints: [path],
    bundle: false,
    write: false,
    metafile: true,
    format: 'esm',
    logLevel: 'silent',
    outdir: '.',
  })
  const result = await building.catch(async (failure: unknown) => {
    const { unreadableBuild } = await import('./unreadable.ts')
    throw unreadableBuild(failure) ?? failure
  })
  return Object.values(result.metafile.outputs).some(output => output.exports.includes('default'))
}

export interface LoadOptions {
  readonly params: Readonly<Record<string, string>>
  /** `process.argv` from 2 on, as the file sees it. */
  readonly args: readonly string[]
}

/**
 * The outputs that a file exports, for verbs that must not run it. A script is refused: `verb` says what would have to run
 * it, and `hint` what to do instead.
 */
export async function loadExported(
  file: string,
  params: LoadOptions['params'],
  script: { readonly verb: string; readonly hint: string },
): Promise<Extract<JobFile, { readonly kind: 'outputs' }>> {
  const path = jobFilePath(file)
  if (!(await hasDefaultExport(path))) {
    throw new UsageError(
      `${file} has no default export: it is a script, and to ${script.verb} it would be to run it`,
      script.hint,
    )
  }
  const rerun = await rerunWithTypeStripping(path)
  if (rerun !== undefined) process.exit(rerun)
  const job = await loadJobFile(path, { params, args: [] })
  if (job.kind === 'script') throw new UsageError(`${file} has no default export`)
  return job
}

export async function loadJobFile(path: string, { params, args }: LoadOptions): Promise<JobFile> {
  process.argv = [process.execPath, path, ...args]
  const module = await unlessForgotten(importJobFile(path), path)
  const named = Object.keys(params)
  if (!('default' in module)) {
    if (named.length > 0)
      throw new UsageError(`${path} is a script; --param is for (params) => Output`, AFTER_DASHES)
    return { kind: 'script' }
  }
  const exported = module.default
  if (named.length > 0 && typeof exported !== 'function') {
    throw new UsageError(
      `--param ${named[0]}: the default export of ${path} is no function, so it takes none`,
    )
  }
  const making = Promise.resolve(typeof exported === 'function' ? exported(params) : exported)
  const made: unknown = await unlessForgotten(making, path)
  return { kind: 'outputs', outputs: outputsOf(made, path), dunlin: await dunlinOf(path) }
}

const AFTER_DASHES = 'Give a script its arguments after --, as in: dunlin run script.ts -- a b'

async function importJobFile(path: string): Promise<{ default?: unknown }> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown }
    const commonJs = createRequire(path).cache[realpathSync(path)]
    return commonJs === undefined ? module : exportsOf(commonJs.exports)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const { placeAbove, unreadable } = await import('./unreadable.ts')
    if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
      throw new DunlinError(
        'INVALID_ARGUMENT',
        `${placeAbove(error as Error) ?? path} cannot be run as it is: ${message}`,
        {
          hint: 'Node removes types and nothing else: write enums, namespaces and parameter properties as plain code.',
          cause: error,
        },
      )
    }
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && message.endsWith(path)) {
      throw new UsageError(
        `${path} is not a job file: Node runs no ${extname(path)}`,
        'A job file is a program, a .ts or .js file; what it reads is named in it.',
      )
    }
    if (code === 'ERR_MODULE_NOT_FOUND' && /Cannot find package 'dunlin'/.test(message)) {
      throw new DunlinError('CONFIGURATION', `${path} imports dunlin, which is not installed beside it`, {
        hint: 'npm install dunlin',
        cause: error,
      })
    }
    throw (await unreadable(error, path)) ?? error
  }
}

/** What a CommonJS file exports, as a module would have it: one that exports nothing has no default export. */
function exportsOf(exports: unknown): { default?: unknown } {
  if (typeof exports !== 'object' || exports === null) return { default: exports }
  if ('__esModule' in exports || Object.keys(exports).length === 0) return exports
  return { default: exports }
}

/** As `promise`; but fails where it has not settled and nothing is left that could settle it. */
async function unlessForgotten<T>(promise: Promise<T>, path: string): Promise<T> {
  const idle = Promise.withResolvers<never>()
  const onIdle = (): void =>
    idle.reject(
      new DunlinError('INVALID_ARGUMENT', `the job file waits for something that never comes: ${path}`, {
        hint: 'Look for an await of a promise that nothing resolves.',
      }),
    )
  process.once('beforeExit', onIdle)
  try {
    return await Promise.race([promise, idle.promise])
  } finally {
    process.removeListener('beforeExit', onIdle)
  }
}

function outputsOf(made: unknown, path: string): Output[] {
  const all = Array.isArray(made) ? made : [made]
  for (const one of all) {
    // A symbol of the whole process: the outputs may be of another copy of dunlin.
    const what = (one as Record<symbol, unknown> | null | undefined)?.[DRIVER_ONLY]
    if (what === 'Output') continue
    if (what === 'Dataset') {
      throw new UsageError(
        `the default export of ${path} is a Dataset, which has nowhere to go`,
        'Give it a sink: .write.csv(uri)',
      )
    }
    throw new UsageError(
      `the default export of ${path} must be an Output, an array of them, or a function that returns such`,
      "For example: export default read.text('in/*.txt').words().valueCounts().write.csv('out/')",
    )
  }
  if (all.length === 0)
    throw new UsageError(`the default export of ${path} is an empty array: there is nothing to run`)
  return all as Output[]
}

/** The copy of dunlin that the job file imports; this one, where it imports none. */
async function dunlinOf(path: string): Promise<typeof Dunlin> {
  let resolved: string | undefined
  try {
    resolved = createRequire(path).resolve('dunlin')
  } catch {
    return await import('../index.ts')
  }
  return (await import(pathToFileURL(resolved).href)) as typeof Dunlin
}
