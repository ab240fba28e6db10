/** What becomes of WebAssembly files that shipped code imports. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { wasmModule } from '../../../src/ship/wasm-module.ts'

const HEAD = '0061736d01000000'
const wasm = (hex: string): Uint8Array => Buffer.from(HEAD + hex, 'hex')

it('becomes a module that exports what the file exports', async () => {
  const bytes = readFileSync(resolve(import.meta.dirname, '../../ship-cases/jobs/add.wasm'))
  const source = wasmModule('add.wasm', bytes)
  const url = `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`
  const { add } = (await import(url)) as { add: (a: number, b: number) => number }
  expect(add(2, 40)).toBe(42)
})

it.each([
  ['imports something', wasm('010401600000' + '020901036f7574016600' + '00'), 'imports "out"'],
  ['exports a global', wasm('0606017f0041070b' + '070501016703' + '00'), 'exports a global, g'],
  ['is something else', Buffer.from('<html>'), 'is not a WebAssembly module'],
])('is refused where it %s, with what to do instead', (_, bytes, why) => {
  expect(() => wasmModule('given.wasm', bytes)).toThrow(
    expect.objectContaining({
      code: 'CANNOT_SHIP',
      message: `cannot ship: given.wasm ${why}`,
      hint: expect.stringContaining('read its bytes into a constant'),
    }),
  )
})
