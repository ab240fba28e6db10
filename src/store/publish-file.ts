/** Gives a finished temporary file its final name. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DunlinError } from '../../operators/index.ts'
import { errnoOf } from './file-error.ts'
import { RESERVED_PREFIX } from './key.ts'
import { createTempFile } from './temp-file.ts'

const LOCK_WAIT_MS = 10_000
const LOCK_POLL_MS = 2

/** What file systems without hard links answer (exFAT, some network mounts). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

/** For tests of file systems that are not at hand. */
export interface PublishOptions {
  readonly link?: typeof linkSync
  readonly lockWaitMs?: number
}

/**
 * Gives `temp` the name `target` unless that is taken; exactly one of several callers is told true. `temp` is gone
 * afterwards. Linking decides, since it fails where the name is there; without hard links a lock file does.
 */
export async function publishIfAbsent(
  temp: string,
  target: string,
  { link = linkSync, lockWaitMs = LOCK_WAIT_MS }: PublishOptions = {},
): Promise<boolean> {
  try {
    link(temp, target)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EEXIST') return taken(temp, target)
    if (!NO_LINKS.has(errno)) throw error
    return publishLocked(temp, target, lockWaitMs)
  }
  unlinkSync(temp)
  return true
}

/** Renames, or copies first where the two names are on different file systems. */
export function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error
    const temp = createTempFile(dirname(to))
    closeSync(temp.fd)
    try {
      copyFileSync(from, temp.path, constants.COPYFILE_FICLONE)
      renameSync(temp.path, to)
    } catch (failure) {
      // A failed copy may have removed it already.
      rmSync(temp.path, { force: true })
      throw failure
    }
    unlinkSync(from)
  }
}

async function publishLocked(temp: string, target: string, lockWaitMs: number): Promise<boolean> {
  const lock = lockOf(target)
  const until = Date.now() + lockWaitMs
  for (;;) {
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return taken(temp, target)
    try {
      closeSync(openSync(lock, 'wx'))
      break
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
    if (Date.now() > until) {
      throw new DunlinError('STORE', `${target} is locked by ${lock}`, {
        hint: 'If no job is running, a crash left the lock behind: remove that file.',
      })
    }
    await setTimeout(LOCK_POLL_MS)
  }
  try {
    // Nothing is awaited while the lock is held: only a kill between these calls can leave it behind.
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return taken(temp, target)
    renameSync(temp, target)
    return true
  } finally {
    unlinkSync(lock)
  }
}

function lockOf(target: string): string {
  const name = createHash('sha256').update(basename(target)).digest('hex').slice(0, 32)
  return join(dirname(target), `${RESERVED_PREFIX}lock-${name}`)
}

/** A directory of that name is not an object that came first. */
function taken(temp: string, target: string): false {
  if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) {
    throw Object.assign(new Error(`EISDIR: ${target} is a directory`), { code: 'EISDIR' })
  }
  unlinkSync(temp)
  return false
}
