/** A module that Node cannot parse or link, as an error that names its line. */
import { findPackageJSON } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildFailure, build, type Message } from 'esbuild'
import { DunlinError } from '../../operators/index.ts'
import { userFrames } from './error-text.ts'
import { OWN_CODE } from './own-code.ts'

/** The error to tell for what importing `path` threw; undefined where it is none of syntax. */
export async function unreadable(thrown: unknown, path: string): Promise<DunlinError | undefined> {
  if (!(thrown instanceof SyntaxError)) return undefined
  const place = placeAbove(thrown)
  if (place !== undefined) return cannotBeRead(place, thrown.message, thrown)
  // Thrown by code that ran, by JSON.parse for example.
  if (userFrames(thrown.stack, OWN_CODE).length > 0) return undefined
  return (await unreadableByEsbuild(path)) ?? cannotBeRead(path, thrown.message, thrown)
}

/** `file:line` as Node writes it above the message of a stack, with the line and a caret. */
export function placeAbove({ stack = '' }: Error): string | undefined {
  const found = /^(\S.*):(\d+)\n/.exec(stack)
  // Without a decoration the first line is the message.
  if (found === null || !/^\s*\^+\s*$/m.test(stack)) return undefined
  const [, file = '', line] = found
  return `${file.startsWith('file:') ? fileURLToPath(file) : file}:${line}`
}

/** What a build failed for, where that is the syntax of a file. */
export function unreadableBuild(failure: unknown): DunlinError | undefined {
  const errors: readonly Message[] = (failure as Partial<BuildFailure>).errors ?? []
  const error = errors.find(one => one.location !== null && !NOT_OF_SYNTAX.test(one.text))
  if (error?.location == null) return undefined
  return cannotBeRead(`${resolve(error.location.file)}:${error.location.line}`, error.text)
}

const NOT_OF_SYNTAX = /^(?:Could not resolve|No loader is configured)/

/** Of a JavaScript module Node tells no line to who catches the error. */
async function unreadableByEsbuild(path: string): Promise<DunlinError | undefined> {
  try {
    await build({
      entryPoints: [path],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      write: false,
      logLevel: 'silent',
    })
    return undefined
  } catch (failure) {
    return unreadableBuild(failure)
  }
}

function cannotBeRead(place: string, why: string, cause?: unknown): DunlinError {
  const hint = NEEDS_MODULE.test(why) ? moduleHint(place.replace(/:\d+$/, '')) : undefined
  return new DunlinError('INVALID_ARGUMENT', `${place} cannot be read: ${why}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** What Node says of a module that it was told to read as CommonJS. */
const NEEDS_MODULE =
  /Cannot use import statement outside a module|Unexpected token 'export'|Cannot use 'import.meta' outside a module|await is only valid in/

/** How to make Node read a file as a module; undefined where its name says already what it is. */
function moduleHint(file: string): string | undefined {
  const [, language] = /\.([jt]s)$/.exec(file) ?? []
  if (language === undefined) return undefined
  const setting = findPackageJSON(pathToFileURL(file))
  const name = setting === undefined ? 'Name' : `Set "type": "module" in ${setting}, or name`
  return `${name} the file .m${language}: Node reads it as CommonJS.`
}
