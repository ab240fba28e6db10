import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

/** Loops that V8 is replacing on the stack when the engine starts its threads, and that go on afterwards. */
const SCRIPT = `
import { local, range } from 'dunlin'
const loop = k => new Function('n', 'let x = ' + k + '; for (let i = 0; i < n; i++) { x = (x * 31 + i) | 0; if ((i & 1023) === 0) globalThis.q = x } return x')
const loops = Array.from({ length: 100 }, (_, k) => loop(k))
for (const run of loops) run(20_000)
const engine = local({ directory: process.argv[1] + '/.dunlin', workers: 1 })
for (let round = 0; round < 100; round++) for (const run of loops) run(3_000 + round * 300)
console.log(await range(3).count({ engine }))
await engine.close()
`

describe('a driver with busy loops of its own', () => {
  let place: Workplace
  beforeAll(async () => {
    place = await workplace()
  })
  afterAll(() => place.close())

  it('lives on when the engine starts threads in the middle of them', async () => {
    const flags = ['--conditions=development', '--input-type=module', '-e', SCRIPT, place.directory]
    for (let i = 0; i < 3; i++) {
      const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: process.cwd() })
      expect(stdout).toBe('3\n')
    }
  })
})
