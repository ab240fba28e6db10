/** Loads the functions of a shipped module from the job's store, once per hash. */
import { DunlinError, type UserFn } from '../../operators/index.ts'
import { jobKeys } from '../job/job-records.ts'
import { loadModule } from '../ship/load-module.ts'
import type { ObjectStore } from '../store/object-store.ts'

export interface FunctionLoader {
  /** Distinct modules loaded. A module once imported stays in memory as long as its worker. */
  readonly modules: number
  /** Of the modules and their data, as they are in the store. */
  readonly sizeBytes: number
  load(store: ObjectStore, hash: string): Promise<readonly UserFn[]>
}

/** `directory` is where modules are put in order to be imported; it is made when needed. */
export function createFunctionLoader(options: { readonly directory: string }): FunctionLoader {
  const loaded = new Map<string, Promise<readonly UserFn[]>>()
  let sizeBytes = 0
  const load = async (store: ObjectStore, hash: string): Promise<readonly UserFn[]> => {
    const get = async (key: string): Promise<Uint8Array> => {
      const bytes = await store.get(key).catch((error: unknown) => {
        throw lostCode(error)
      })
      sizeBytes += bytes.byteLength
      return bytes
    }
    const source = await get(jobKeys.code(hash))
    const readData = (data: string): Promise<Uint8Array> => get(jobKeys.codeData(data))
    return loadModule({ hash, source, directory: options.directory, readData })
  }
  return {
    get modules() {
      return loaded.size
    },
    get sizeBytes() {
      return sizeBytes
    },
    load(store, hash) {
      let functions = loaded.get(hash)
      if (functions === undefined) {
        functions = load(store, hash)
        loaded.set(hash, functions)
        // The next attempt may find what this one did not.
        functions.catch(() => loaded.delete(hash))
      }
      return functions
    },
  }
}

function lostCode(error: unknown): unknown {
  if (!(error instanceof DunlinError) || error.code !== 'NOT_FOUND') return error
  return new DunlinError('NOT_FOUND', `the code of the job is lost: ${error.message}`, {
    cause: error.cause,
    hint: 'Something outside of the job removed it from the store. Run the pipeline again: that ships its code anew.',
  })
}
