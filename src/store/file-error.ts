/** Turns the operating system's errors into dunlin's. */
import { dirname } from 'node:path'
import { DunlinError, type DunlinErrorOptions, type ErrorCode } from '../../operators/index.ts'

export type FileAction = 'read' | 'write' | 'list' | 'delete' | 'move'

/** The code of an error of node:fs, '' for any other. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The error to throw for `cause`, which came up in doing `action` with `uri` (at `path`). */
export function fileError(cause: unknown, action: FileAction, uri: string, path: string): DunlinError {
  if (cause instanceof DunlinError) return cause
  const errno = errnoOf(cause)
  const make = (code: ErrorCode, why: string, options: DunlinErrorOptions = {}): DunlinError =>
    new DunlinError(code, `cannot ${action} ${uri}: ${why}`, { ...options, cause })
  switch (errno) {
    case 'ENOENT':
      return action === 'write'
        ? make('STORE', 'its directory was removed meanwhile', { retryable: true })
        : make('NOT_FOUND', 'it does not exist')
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOTEMPTY':
      return action === 'read'
        ? make('NOT_FOUND', 'it does not exist as a file')
        : make(
            'STORE',
            'a file stands where a directory is needed, or a directory where the file should be',
            {
              hint: `Look at ${path}: on a file system "a" and "a/b" cannot both be files.`,
            },
          )
    case 'EACCES':
    case 'EPERM':
      return make('ACCESS_DENIED', 'permission denied', { hint: `Check the permissions of ${path}.` })
    case 'EROFS':
      return make('ACCESS_DENIED', 'the file system is read-only')
    case 'ELOOP':
      return make('ACCESS_DENIED', 'it is a symbolic link', {
        hint: 'Links inside a job store are refused; elsewhere, check that the links do not lead in a circle.',
      })
    case 'ENOSPC':
    case 'EDQUOT':
      return make('NO_SPACE', `no space left in ${dirname(path)}`, {
        hint: 'Free some space there, or choose a directory on a larger disk.',
      })
    case 'EFBIG':
      return make('TOO_LARGE', 'the file system does not take files of that size')
    case 'ENAMETOOLONG':
      return make('INVALID_ARGUMENT', 'its path is longer than the file system allows')
    case 'EILSEQ':
    case 'EINVAL':
      return make('INVALID_ARGUMENT', 'the file system does not take this name')
    case 'EMFILE':
    case 'ENFILE':
      return make('STORE', 'too many open files', {
        retryable: true,
        hint: 'Raise the limit (ulimit -n), or use fewer workers.',
      })
    default:
      return make('STORE', cause instanceof Error ? cause.message : String(cause), {
        retryable: TRANSIENT.has(errno),
      })
  }
}

const TRANSIENT = new Set(['EIO', 'EAGAIN', 'EBUSY', 'ESTALE', 'ETIMEDOUT', 'EINTR', 'ENOMEM'])
