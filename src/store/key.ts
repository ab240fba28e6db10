/** Which strings are keys of an object store, and the order in which keys stand. */
import { compareStrings, DunlinError } from '../../operators/index.ts'

/** Names that begin so belong to the store itself: no key has them, no listing shows them. */
export const RESERVED_PREFIX = '.dunlin-tmp-'

/** What S3 takes. */
const MAX_KEY_BYTES = 1024
/** What ext4, XFS, APFS and NTFS take of one name. */
const MAX_NAME_BYTES = 255

/** Throws `INVALID_ARGUMENT` unless `key` is one; `uri` is the root's, for the message. */
export function checkKey(key: string, uri: string): void {
  if (key === '') throw invalid(key, uri, 'it is empty')
  checkCharacters(key, uri)
  for (const name of key.split('/')) checkName(name, key, uri)
}

/** A prefix is the start of a key: whole names, then perhaps the start of one. */
export function checkPrefix(prefix: string, uri: string): void {
  if (prefix === '') return
  checkCharacters(prefix, uri)
  const names = prefix.split('/')
  names.pop()
  for (const name of names) checkName(name, prefix, uri)
}

function checkCharacters(key: string, uri: string): void {
  if (key.includes('\\')) throw invalid(key, uri, 'it contains a backslash')
  if (key.includes('\0')) throw invalid(key, uri, 'it contains a NUL')
  // A lone surrogate would be written as U+FFFD, and two keys would become one.
  if (!key.isWellFormed()) throw invalid(key, uri, 'it is not valid Unicode')
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw invalid(key, uri, `it is longer than ${MAX_KEY_BYTES} bytes`)
  }
}

function checkName(name: string, key: string, uri: string): void {
  if (name === '') throw invalid(key, uri, key.startsWith('/') ? 'it is absolute' : 'it has an empty segment')
  if (name === '.' || name === '..') throw invalid(key, uri, `it has a segment "${name}"`)
  if (name.startsWith(RESERVED_PREFIX)) throw invalid(key, uri, `names in ${RESERVED_PREFIX}… are reserved`)
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalid(key, uri, `it has a segment longer than ${MAX_NAME_BYTES} bytes`)
  }
}

function invalid(key: string, uri: string, why: string): DunlinError {
  const shown = key.length > 120 ? `${key.slice(0, 120).toWellFormed()}…` : key.toWellFormed()
  return new DunlinError('INVALID_ARGUMENT', `${JSON.stringify(shown)} is not a key of ${uri}: ${why}`, {
    hint: 'A key is a relative path with "/" between its names, without "." and "..".',
  })
}

/** The order of keys is that of strings everywhere in dunlin: by their UTF-8 bytes. */
export const compareKeys: (a: string, b: string) => number = compareStrings
