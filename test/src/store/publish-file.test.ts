/** Exclusive creation where the file system has no hard links. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publishIfAbsent } from '../../../src/store/publish-file.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dunlin-publish-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const temp = (name: string): string => {
  const path = join(root, `.dunlin-tmp-${name}`)
  writeFileSync(path, name)
  return path
}

const failing = (code: string) => (): never => {
  throw Object.assign(new Error(code), { code })
}

describe.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])('where linking says %s', code => {
  const link = failing(code)

  it('publishes, and leaves neither lock nor temporary file', async () => {
    expect(await publishIfAbsent(temp('a'), join(root, 'key'), { link })).toBe(true)
    expect(await publishIfAbsent(temp('b'), join(root, 'key'), { link })).toBe(false)
    expect(readdirSync(root)).toEqual(['key'])
    expect(readFileSync(join(root, 'key'), 'utf8')).toBe('a')
  })

  it('tells exactly one of thirty that it was first', async () => {
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) => publishIfAbsent(temp(`${i}`), join(root, 'key'), { link })),
    )
    const winners = results.flatMap((won, i) => (won ? [`${i}`] : []))
    expect(winners).toEqual([readFileSync(join(root, 'key'), 'utf8')])
    expect(readdirSync(root)).toEqual(['key'])
  })
})

it('waits for a lock, and names one that nobody gives back', async () => {
  const link = failing('EPERM')
  const options = { link, lockWaitMs: 30 }
  await publishIfAbsent(temp('a'), join(root, 'key'), options)
  const lock = lockNameOf('key')
  await rm(join(root, 'key'))
  writeFileSync(join(root, lock), '')
  await expect(publishIfAbsent(temp('b'), join(root, 'key'), options)).rejects.toThrow(lock)
  const waiting = publishIfAbsent(temp('c'), join(root, 'key'), { link })
  await new Promise(resolve => setTimeout(resolve, 20))
  await rm(join(root, lock))
  expect(await waiting).toBe(true)
})

it('passes on every other error of linking', async () => {
  const publishing = publishIfAbsent(temp('a'), join(root, 'key'), { link: failing('EIO') })
  await expect(publishing).rejects.toThrow('EIO')
})

it('does not take a directory for an object that came first', async () => {
  mkdirSync(join(root, 'key'))
  await expect(publishIfAbsent(temp('a'), join(root, 'key'))).rejects.toThrow('EISDIR')
})

function lockNameOf(key: string): string {
  return `.dunlin-tmp-lock-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}
