/** A worker runs only the bytes that the task asks for. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashOf } from '../../../src/ship/hash-of.ts'
import { isLoaded, loadModule } from '../../../src/ship/load-module.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'dunlin-load-'))
const bytes = (text: string) => new TextEncoder().encode(text)
const loads = globalThis as { loads?: string[] }

describe('loadModule', () => {
  it('refuses bytes of another hash and runs nothing', async () => {
    const source = bytes('globalThis.loads = ["ran"]; export default []')
    const directory = folder()
    await expect(loadModule({ hash: hashOf(bytes('other')), source, directory })).rejects.toMatchObject({
      code: 'CORRUPT',
    })
    expect(loads.loads).toBeUndefined()
    expect(readdirSync(directory)).toEqual([])
  })

  it('does not trust a file that is there already', async () => {
    const source = bytes('export default [() => "right"]')
    const [hash, directory] = [hashOf(source), folder()]
    writeFileSync(join(directory, `${hash}.mjs`), 'export default [() => "planted"]')
    const [fn] = await loadModule({ hash, source, directory })
    expect(fn!()).toBe('right')
    expect(readFileSync(join(directory, `${hash}.mjs`), 'utf8')).toBe('export default [() => "right"]')
    expect(readdirSync(directory)).toEqual([`${hash}.mjs`])
  })

  it('imports once per process, however many tasks ask at once', async () => {
    const source = bytes(
      'globalThis.count = (globalThis.count ?? 0) + 1; export default [() => globalThis.count]',
    )
    const [hash, directory] = [hashOf(source), join(folder(), 'made/on/demand')]
    expect(isLoaded(hash)).toBe(false)
    const all = await Promise.all([1, 2, 3].map(() => loadModule({ hash, source, directory })))
    expect(all.map(([fn]) => fn!())).toEqual([1, 1, 1])
    expect(all[0]).toBe(all[2])
    expect(isLoaded(hash)).toBe(true)
    expect(existsSync(directory)).toBe(true)
  })

  it('says why a module could not be loaded, and tries again when asked again', async () => {
    const source = bytes('throw new Error("at the top level")')
    const [hash, directory] = [hashOf(source), folder()]
    const failing = loadModule({ hash, source, directory })
    await expect(failing).rejects.toMatchObject({
      code: 'USER_FUNCTION',
      message: expect.stringContaining('at the top level'),
    })
    expect(isLoaded(hash)).toBe(false)
    const odd = bytes('export default [1]')
    await expect(loadModule({ hash: hashOf(odd), source: odd, directory })).rejects.toMatchObject({
      code: 'CORRUPT',
    })
  })
})
