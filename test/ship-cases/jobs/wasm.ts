import { same } from './same.ts'

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const bytes = Buffer.from('AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags=', 'base64')

await same(async n => {
  // @ts-expect-error: its types belong to browsers
  const { instance } = await WebAssembly.instantiate(bytes)
  return (instance.exports['add'] as (a: number, b: number) => number)(n, 40)
})
