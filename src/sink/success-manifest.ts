/** The `_SUCCESS` manifest: what a complete output consists of. */
import { DunlinError } from '../../operators/index.ts'
import { getIfPresent } from '../store/get-if-present.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'
import { SUCCESS_KEY } from './output-keys.ts'

export interface ManifestPart {
  readonly name: string
  readonly bytes: number
  /** Null for a file that dunlin did not write. */
  readonly rows: number | null
  readonly crc32: number | null
}

/** One link of the chain of counts: what a stage was given and gave. */
export interface StageCount {
  readonly stage: number
  readonly title: string
  readonly rowsIn: number
  readonly rowsOut: number
}

export interface SuccessManifest {
  readonly version: 1
  readonly writer: 'dunlin'
  /** The job that wrote it; after an append, the last one. */
  readonly job: string
  readonly format: string
  readonly parts: readonly ManifestPart[]
  /** Null where a part's are not known. */
  readonly rows: number | null
  readonly bytes: number
  /** The columns, as `explain` prints them; null where there was no row. */
  readonly schema: string | null
  readonly counts?: readonly StageCount[]
}

export function encodeManifest(manifest: SuccessManifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)
}

/** The manifest of the directory `prefix` (`''` or ending in `/`); null where it has none, or another tool's. */
export async function readManifest(
  store: ObjectStore,
  prefix: string,
  options: RequestOptions = {},
): Promise<SuccessManifest | null> {
  const bytes = await getIfPresent(store, prefix + SUCCESS_KEY, options)
  return bytes === undefined ? null : parseManifest(bytes)
}

/** Other tools write an empty `_SUCCESS`, or JSON of their own. */
function parseManifest(bytes: Uint8Array): SuccessManifest | null {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const manifest = value as Partial<SuccessManifest>
  if (manifest.writer !== 'dunlin' || !Array.isArray(manifest.parts)) return null
  if (manifest.version !== 1) {
    throw new DunlinError(
      'CORRUPT',
      `a _SUCCESS manifest of version ${String(manifest.version)} is not known here`,
      {
        hint: 'It was written by a newer dunlin: use that one, or delete _SUCCESS to read the files as they are.',
      },
    )
  }
  return manifest as SuccessManifest
}
