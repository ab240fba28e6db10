/** Packages of the AWS SDK, which nobody has installed who does not need them. */
import { DunlinError } from '../../src/worker.ts'

/** @throws CONFIGURATION that says so, where the package is not there */
export async function installed<T>(
  load: () => Promise<T>,
  { message, hint }: { readonly message: string; readonly hint: string },
): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw isNotInstalled(cause) ? new DunlinError('CONFIGURATION', message, { cause, hint }) : cause
  }
}

export const isNotInstalled = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | null)?.code === 'ERR_MODULE_NOT_FOUND'
