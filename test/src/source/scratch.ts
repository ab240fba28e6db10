/** A directory of the file system that a test fills and that is gone afterwards, and its stores. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import type { ReadFormat } from '../../../operators/index.ts'
import type { Listing } from '../../../planner/index.ts'
import { listSource } from '../../../src/source/list-source.ts'
import type { Stores } from '../../../src/store/object-store.ts'
import { createStores } from '../../../src/store/open-stores.ts'

export interface Scratch {
  readonly path: string
  /** Ends in `/`. */
  readonly uri: string
  readonly stores: Stores
  /** Writes a file and its directories; returns its path. */
  file(name: string, content?: string | Uint8Array): string
}

export function scratch(): Scratch {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'dunlin-test-')))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    uri: `${pathToFileURL(path).href}/`,
    stores: createStores(),
    file(name, content = name) {
      const full = join(path, name)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, content)
      return full
    },
  }
}

export function list(
  place: { readonly stores: Stores; readonly uri: string },
  uris: readonly string[],
  format: ReadFormat = { format: 'text', onInvalid: 'replace' },
): Promise<Listing> {
  return listSource({ kind: 'files', uris, format }, { stores: place.stores, baseUri: place.uri })
}
