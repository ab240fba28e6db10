/** Code shipping: functions of the user's program become one module that a worker can load. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as acorn from 'acorn'
import { DunlinError } from '../../operators/index.ts'
import type { FunctionFacts, UserFunction } from '../../planner/index.ts'
import { NeededWhole } from './buffer-windows.ts'
import { type BundledPackage, bundle, NeededByReference } from './bundle.ts'
import { Capture } from './capture.ts'
import { withData } from './data-blob.ts'
import { functionFacts } from './function-facts.ts'
import { hashOf } from './hash-of.ts'
import { endInspection, forgetInspections, inspectFunction, scriptOf } from './inspect.ts'
import { printModule } from './module-writer.ts'
import { Origins } from './origin.ts'
import { Refusal } from './refusal.ts'
import { checkRepeatableState } from './repeatable-state.ts'
import { pathOfUrl } from './source-position.ts'

export interface ShippedModule {
  /** SHA-256 of `source`, lower-case hexadecimal: the module's name in the store (`code/<hash>.mjs`). */
  readonly hash: string
  /** An ES module whose default export is the array of the functions, in the order they were given. */
  readonly source: Uint8Array
  /** Large captured values, which lie beside the module (`code/<hash>.bin`): SHA-256 → bytes. */
  readonly blobs: ReadonlyMap<string, Uint8Array>
  /** One a function, in the order they were given. */
  readonly functions: readonly FunctionFacts[]
  /** For people: captured variables that each worker would change in its own copy, and the like. */
  readonly warnings: readonly string[]
  /** Source map of `source`, for whoever tells of its errors. Its sources are `file:` URLs. */
  readonly sourceMap: string
  readonly packages: readonly BundledPackage[]
  /** Variables that were copied, and how much they and all below them take. */
  readonly captured: readonly CapturedVariable[]
}
export interface CapturedVariable {
  readonly name: string
  readonly sizeBytes: number
}
export type { BundledPackage, FunctionFacts, UserFunction }

export interface ShipOptions {
  /** `file:line` of the verb that each function was given to, for the path of capture in errors. */
  readonly locations?: readonly (string | undefined)[]
  /** Whether it is for an artefact; for hints. Default false. */
  readonly ahead?: boolean
}

/** Files that are moved from by value to by reference, one a round; a program has no more than this many. */
const MAX_ROUNDS = 50

/**
 * Captures all functions of a plan at once, with the variables they use, as one ES module for workers.
 *
 * Throws a `DunlinError` with code `CANNOT_SHIP` for what cannot be sent: its message has the path of capture, its
 * hint what to do instead, its place the `file:line`.
 *
 * @example
 * const factor = 3
 * const shipped = await ship([(x: number) => x * factor])
 * const [triple] = await loadModule({ hash: shipped.hash, source: shipped.source, directory: '/tmp/code' })
 */
export async function ship(
  functions: readonly UserFunction[],
  options: ShipOptions = {},
): Promise<ShippedModule> {
  const referenceFiles = new Set<string>()
  const wholeBuffers = new Set<ArrayBufferLike>()
  for (let round = 0; ; round++) {
    try {
      return await shipOnce(functions, options, { referenceFiles, wholeBuffers })
    } catch (error) {
      if (error instanceof Refusal) throw error.toError()
      if (error instanceof NeededWhole && round < MAX_ROUNDS) {
        for (const buffer of error.buffers) wholeBuffers.add(buffer)
        continue
      }
      if (!(error instanceof NeededByReference) || round === MAX_ROUNDS || referenceFiles.has(error.file))
        throw error
      referenceFiles.add(error.file)
    } finally {
      endInspection()
    }
  }
}

/** What earlier rounds have found. */
interface Learnt {
  readonly referenceFiles: ReadonlySet<string>
  readonly wholeBuffers: ReadonlySet<ArrayBufferLike>
}

async function shipOnce(
  functions: readonly UserFunction[],
  options: ShipOptions,
  { referenceFiles, wholeBuffers }: Learnt,
): Promise<ShippedModule> {
  for (const [i, fn] of functions.entries()) {
    if (typeof fn === 'function') continue
    const at = options.locations?.[i]
    throw new DunlinError(
      'INVALID_ARGUMENT',
      `a function was expected, not ${fn === null ? 'null' : typeof fn}`,
      {
        ...(at === undefined ? {} : { place: { at } }),
      },
    )
  }
  forgetInspections()
  const origins = new Origins(referenceFiles)
  const files = functions.map(sourceFile)
  for (const file of files) if (file !== null) origins.addPipelineFile(file)
  const capture = new Capture(origins, functions, { ...options, wholeBuffers })
  const texts = functions.map((fn, i) => {
    const location = options.locations?.[i]
    return capture.within(
      location === undefined ? null : `passed at ${location}`,
      () => capture.value(fn, null),
      location,
    )
  })
  capture.windows.check()
  checkRepeatableState(capture)
  const { references } = capture
  const head = references.text === '' ? [] : [[references.text]]
  const printed = printModule([...head, ...capture.statements, [`export default [${texts.join(', ')}];`]])
  const facts = functions.map(functionFacts)
  // Bundling waits for another process: nobody should be debugged meanwhile.
  endInspection()
  const { code, map, packages } = references.needsBundle
    ? await bundle({ ...printed, references, origins, projectFolder: projectFolder(files) })
    : { ...printed, packages: [] }
  checkSyntax(code)
  const source = Buffer.from(withData(code, [...capture.blobs.keys()]))
  return {
    hash: hashOf(source),
    source,
    blobs: capture.blobs,
    functions: facts,
    warnings: [...capture.warnings],
    sourceMap: map,
    packages,
    captured: capture.captured,
  }
}

function sourceFile(fn: UserFunction): string | null {
  const seen = inspectFunction(fn)
  return seen === null ? null : pathOfUrl(scriptOf(seen.scriptId).url)
}

/** The folder of the nearest package.json above the first function's file. */
function projectFolder(files: readonly (string | null)[]): string {
  const start = dirname(files.find(file => file !== null) ?? join(process.cwd(), 'x'))
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return start
  }
}

/** esbuild was once seen to emit invalid code without an error; better found here than by every worker. */
function checkSyntax(code: string): void {
  try {
    acorn.parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  } catch (error) {
    throw new DunlinError(
      'CANNOT_SHIP',
      `cannot ship: the generated module is not valid: ${(error as Error).message}`,
      {
        cause: error,
        hint: 'a module with top-level await cannot be bundled as CommonJS: give its package "type": "module"',
      },
    )
  }
}
