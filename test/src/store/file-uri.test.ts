/** Paths and root URIs. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pathToRootUri, schemeOf, toRootUri, uriToPath } from '../../../src/store/file-uri.ts'

const base = 'file:///home/ann/work/'

it.each([
  ['out', 'file:///home/ann/work/out/'],
  ['out/', 'file:///home/ann/work/out/'],
  ['./a/../b', 'file:///home/ann/work/b/'],
  ['..', 'file:///home/ann/'],
  ['.', 'file:///home/ann/work/'],
  ['/data/x', 'file:///data/x/'],
  ['/', 'file:///'],
  ['with space', 'file:///home/ann/work/with%20space/'],
  ['50% #1?', 'file:///home/ann/work/50%25%20%231%3F/'],
  ['ünï/日本', 'file:///home/ann/work/%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC/'],
  ['a%20b', 'file:///home/ann/work/a%2520b/'],
  ['file:///data/a%20b', 'file:///data/a%20b/'],
  ['FILE:///data', 'file:///data/'],
  ['file:/data', 'file:///data/'],
  ['file://localhost/data/', 'file:///data/'],
  ['file:///data/a b/ü', 'file:///data/a%20b/%C3%BC/'],
  ['memory://x', 'memory://x/'],
  ['s3://bucket/pre fix', 's3://bucket/pre fix/'],
  ['S3://Bucket/', 's3://Bucket/'],
])('takes %j to %j', (given, uri) => {
  expect(toRootUri(given, base)).toBe(uri)
  expect(toRootUri(uri, base)).toBe(uri)
})

it('takes paths against a base of another scheme as keys', () => {
  expect(toRootUri('out/x y', 's3://bucket/base')).toBe('s3://bucket/base/out/x y/')
  expect(toRootUri('./a/../b/', 's3://bucket/base/')).toBe('s3://bucket/base/b/')
  expect(toRootUri('/data', 's3://bucket/base/')).toBe('file:///data/')
  expect(() => toRootUri('../other', 's3://bucket/')).toThrow('leads outside')
})

describe('what names no directory', () => {
  it.each([
    ['', 'empty path'],
    ['file:data', 'not an absolute file URI'],
    ['file://server/share', 'not an absolute file URI'],
    ['file:///a#b', 'contains #'],
    ['file:///a?b', 'contains ?'],
    ['file:///a%2Fb', 'is not a file URI'],
    ['a\0b', 'NUL'],
  ])('%j is refused', (given, words) => {
    expect(() => toRootUri(given, base)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => toRootUri(given, base)).toThrow(words)
  })
})

it('comes back from the URI of any path', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .filter(text => !/[/\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed())
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), names => {
      const path = `/${names.join('/')}`
      expect(uriToPath(pathToRootUri(path))).toBe(`${path}/`)
    }),
    { numRuns: 150 },
  )
})

it('finds schemes, and takes a drive letter for none', () => {
  expect(schemeOf('s3://x')).toBe('s3')
  expect(schemeOf('C:\\data')).toBeUndefined()
  expect(schemeOf('a/b:c')).toBeUndefined()
})
