/** Which dunlin this is. */
import { createRequire } from 'node:module'

export const { version: engineVersion } = createRequire(import.meta.url)('dunlin/package.json') as {
  readonly version: string
}
