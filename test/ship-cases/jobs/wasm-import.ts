// @ts-expect-error: it has no types
import { add } from './add.wasm'
import { same } from './same.ts'

await same(n => add(n, 40))
