/** Opens stores by the scheme of their root's URI. */
import { DunlinError } from '../../operators/index.ts'
import { FileStore } from './file-store.ts'
import { schemeOf, toRootUri } from './file-uri.ts'
import { MemoryStore } from './memory-store.ts'
import type { ObjectStore, Stores } from './object-store.ts'
import { CLOUD_STORES, type CloudSettings } from './open-cloud-store.ts'

export interface StoresOptions extends CloudSettings {
  /**
   * Roots that dunlin alone writes to (the job store): symbolic links inside them are refused. Every other
   * directory is the user's, where reading follows the links that the user made.
   */
  readonly ownRoots?: readonly string[]
}

/**
 * Stores for `file:`, `memory:` and `s3:` roots. One instance per root; memory stores live as long as these Stores.
 * Code for a cloud is loaded by the first request to a store of it. An unknown scheme is a `CONFIGURATION` error.
 *
 * @example
 * const stores = createStores({ ownRoots: ['file:///home/ann/.dunlin/'] })
 * stores.open('file:///data/reviews/') === stores.open('file:///data/reviews') // true
 */
export function createStores(options: StoresOptions = {}): Stores {
  const opened = new Map<string, ObjectStore>()
  const own = new Set((options.ownRoots ?? []).map(uri => toRootUri(uri, 'file:///')))
  const open = (uri: string, scheme: string | undefined): ObjectStore => {
    if (scheme === 'file') return new FileStore({ root: uri, followSymlinks: !own.has(uri) })
    if (scheme === 'memory') return new MemoryStore({ name: uri.slice('memory://'.length, -1) })
    return CLOUD_STORES.get(scheme!)!(uri, options)
  }
  return {
    open(rootUri) {
      const known = opened.get(rootUri)
      if (known !== undefined) return known
      const scheme = schemeOf(rootUri)
      if (!KNOWN.has(scheme)) throw unknownScheme(rootUri, scheme)
      const uri = toRootUri(rootUri, 'file:///')
      let store = opened.get(uri)
      if (store === undefined) opened.set(uri, (store = open(uri, scheme)))
      return store
    },
  }
}

const KNOWN: ReadonlySet<string | undefined> = new Set(['file', 'memory', ...CLOUD_STORES.keys()])

function unknownScheme(rootUri: string, scheme: string | undefined): DunlinError {
  const known = [...KNOWN].map(name => `${name}:`).join(', ')
  const message =
    scheme === undefined
      ? `${JSON.stringify(rootUri)} is not the URI of a store`
      : `no store is known for ${rootUri}: its scheme is ${scheme}:, known here are ${known}`
  return new DunlinError('CONFIGURATION', message, { hint: 'Give a path, or a file: or s3: URI.' })
}
