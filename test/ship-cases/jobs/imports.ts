import { createHash } from 'node:crypto'
import * as path from 'node:path'
import * as acorn from 'acorn'
import { tokenizer } from 'acorn'
// @ts-expect-error: it has no types
import commonjs from './library.cjs'
import { curried, default as library, VERSION } from './library.ts'
import { same } from './same.ts'

await same(n => [
  createHash('sha256').update(String(n)).digest('hex').slice(0, 8),
  path.join('a', String(n)),
  typeof acorn.parse,
  [...tokenizer('a + 1', { ecmaVersion: 2024 })].length,
  commonjs.twice(n),
  library(n),
  curried(n)(2),
  VERSION,
])
