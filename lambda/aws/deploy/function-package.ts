/** functionPackage: the package of the functions and its key, made once: an installation does not change while it runs. */
import { createHash } from 'node:crypto'
import { buildFunction } from '../build-function.ts'
import { packageKey } from './names.ts'

export interface FunctionPackage {
  readonly zip: Uint8Array
  /** In the bucket. */
  readonly key: string
}

let made: Promise<FunctionPackage> | undefined

export function functionPackage(): Promise<FunctionPackage> {
  made ??= buildFunction().then(zip => ({
    zip,
    key: packageKey(createHash('sha256').update(zip).digest('hex')),
  }))
  return made
}
