/** ownVersion: which dunlin this is, as its package says; asked where there is one, which a function has not. */
import { createRequire } from 'node:module'

export function ownVersion(): string {
  return (createRequire(import.meta.url)('dunlin/package.json') as { readonly version: string }).version
}
