/** Temporary files beside the key that they will become: their names, and which of them nobody will finish. */
import { type Dirent, lstatSync, opendirSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { systemPlace } from '../ports/system-place.ts'
import { errnoOf } from './file-error.ts'
import { RESERVED_PREFIX } from './key.ts'

export interface TempFile {
  readonly fd: number
  readonly path: string
}

/** A file that another machine began to write, or whose process id was given away since, is dead after a day. */
const ABANDONED_AFTER_MS = 24 * 3600 * 1000

/** Threads of this process that were ended while they may have been writing; whoever ends one adds it. */
export const endedThreads = new Set<number>()

const { machine } = systemPlace
let created = 0

/** Creates and opens a new temporary file. The directory must exist. */
export function createTempFile(directory: string): TempFile {
  for (;;) {
    const name = `${RESERVED_PREFIX}${machine}-${process.pid}-${threadId}-${created++}`
    const path = join(directory, name)
    try {
      return { fd: openSync(path, 'wx'), path }
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
}

/**
 * Removes the directory if it is empty but for files that nobody will finish. Says whether it is gone.
 * Safe beside writers: each has a temporary file in the directory, or makes the directory again.
 */
export function removeIfEmpty(directory: string): boolean {
  if (removeEmpty(directory)) return true
  return removeAbandoned(directory) && removeEmpty(directory)
}

function removeEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}

/** False as soon as anything is found that must stay, so that a full directory costs one read. */
function removeAbandoned(directory: string): boolean {
  try {
    const entries = opendirSync(directory)
    try {
      const abandoned: string[] = []
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        const path = join(directory, entry.name)
        if (!isAbandoned(entry.name, path)) return false
        abandoned.push(path)
      }
      for (const path of abandoned) unlinkSync(path)
      return true
    } finally {
      entries.closeSync()
    }
  } catch {
    return false
  }
}

/** Removes the files in the directory that nobody will finish. Gives the names of the directories in it. */
export function sweepFiles(directory: string): readonly string[] {
  const directories: string[] = []
  for (const entry of entriesOf(directory)) {
    if (entry.isDirectory()) directories.push(entry.name)
    else removeIfAbandoned(entry.name, join(directory, entry.name))
  }
  return directories
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw error
  }
}

function removeIfAbandoned(name: string, path: string): void {
  try {
    if (isAbandoned(name, path)) unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

function isAbandoned(name: string, path: string): boolean {
  if (!name.startsWith(RESERVED_PREFIX)) return false
  const [where, pid, thread] = name.slice(RESERVED_PREFIX.length).split('-')
  if (where === machine && !isAlive(Number(pid), Number(thread))) return true
  return Date.now() - lstatSync(path).mtimeMs > ABANDONED_AFTER_MS
}

function isAlive(pid: number, thread: number): boolean {
  return pid === process.pid ? !endedThreads.has(thread) : !systemPlace.isGone(pid)
}
