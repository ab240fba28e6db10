/** cacheDirectory: where dunlin keeps what it sets up on this machine; all of it may be deleted. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** `DUNLIN_CACHE`, else `dunlin` in the user's directory for such things, as XDG and Windows have it. */
export function cacheDirectory(): string {
  const { DUNLIN_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (DUNLIN_CACHE) return resolve(DUNLIN_CACHE)
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'dunlin')
}
