/** hashOf: by what shipped code, its data and the files of artefacts are named. */
import { createHash } from 'node:crypto'

/** SHA-256, in hexadecimal digits. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
