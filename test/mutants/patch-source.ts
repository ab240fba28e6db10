/** Preloaded by `--import`: patches the source of one file as it is loaded, so that nothing on the disk is touched. */
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Patch {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Of the environment that a child is started with. */
export const PATCH_VARIABLE = 'DUNLIN_PATCH'
const ROOT = resolve(import.meta.dirname, '../..')

/** @throws unless `find` stands in the text exactly once */
export function patched(text: string, { file, find, replace }: Patch): string {
  const times = text.split(find).length - 1
  if (times !== 1) throw new Error(`${file} has ${times} times what is to be replaced: ${find}`)
  if (find === replace) throw new Error(`${file}: what is to be replaced stays as it is: ${find}`)
  return text.replace(find, () => replace)
}

const given = process.env[PATCH_VARIABLE]
if (given !== undefined) patchOnLoad(JSON.parse(given) as Patch)

function patchOnLoad(patch: Patch): void {
  const url = pathToFileURL(resolve(ROOT, patch.file)).href
  let isApplied = false
  registerHooks({
    load(loading, context, nextLoad) {
      const loaded = nextLoad(loading, context)
      if (loading !== url) return loaded
      isApplied = true
      // As it stands in the file: types are stripped afterwards.
      return { ...loaded, source: patched(Buffer.from(loaded.source as Uint8Array).toString(), patch) }
    },
  })
  process.on('exit', () => {
    if (isApplied) return
    process.stderr.write(`${patch.file} was never loaded\n`)
    process.exitCode = 1
  })
}
