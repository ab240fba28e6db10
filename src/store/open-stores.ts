/** Opens stores by the scheme of their root's URI. */
import { DunlinError } from '../../operators/index.ts'
import { FileStore } from './file-store.ts'
import { schemeOf, toRootUri } from './file-uri.ts'
import { MemoryStore } from './memory-store.ts'
import type { ObjectStore, Stores } from './object-store.ts'

export interface StoresOptions {
  /**
   * Roots that dunlin alone writes to (the job store): symbolic links inside them are refused. Every other
   * directory is the user's, where reading follows the links that the user made.
   */
  readonly ownRoots?: readonly string[]
}

/**
 * Stores for `file:` and `memory:` roots. One instance per root; memory stores live as long as these Stores.
 * An unknown scheme is a `CONFIGURATION` error.
 *
 * @example
 * const stores = createStores({ ownRoots: ['file:///home/ann/.dunlin/'] })
 * stores.open('file:///data/reviews/') === stores.open('file:///data/reviews') // true
 */
export function createStores(options: StoresOptions = {}): Stores {
  const opened = new Map<string, ObjectStore>()
  const own = new Set((options.ownRoots ?? []).map(uri => toRootUri(uri, 'file:///')))
  return {
    open(rootUri) {
      const known = opened.get(rootUri)
      if (known !== undefined) return known
      const scheme = schemeOf(rootUri)
      if (scheme !== 'file' && scheme !== 'memory') throw unknownScheme(rootUri, scheme)
      const uri = toRootUri(rootUri, 'file:///')
      let store = opened.get(uri)
      if (store === undefined) {
        store =
          scheme === 'file'
            ? new FileStore({ root: uri, followSymlinks: !own.has(uri) })
            : new MemoryStore({ name: uri.slice('memory://'.length, -1) })
        opened.set(uri, store)
      }
      return store
    },
  }
}

function unknownScheme(rootUri: string, scheme: string | undefined): DunlinError {
  const message =
    scheme === undefined
      ? `${JSON.stringify(rootUri)} is not the URI of a store`
      : `no store is known for ${rootUri}: its scheme is ${scheme}:, known here are file: and memory:`
  const hint =
    scheme === 's3'
      ? 'Reading and writing s3:// needs the AWS engine: choose it in the configuration.'
      : 'Give a path, a file: URI, or choose the engine that has this store.'
  return new DunlinError('CONFIGURATION', message, { hint })
}
