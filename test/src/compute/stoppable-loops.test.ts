import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { STOPPABLE_LOOPS_FLAG } from '../../../src/compute/start-thread.ts'

/** Loops that V8 is replacing on the stack when the flag is set, and that go on afterwards. */
const SCRIPT = `
const loop = k => new Function('n', 'let x = ' + k + '; for (let i = 0; i < n; i++) { x = (x * 31 + i) | 0; if ((i & 1023) === 0) globalThis.q = x } return x')
const loops = Array.from({ length: 30 }, (_, k) => loop(k))
for (const run of loops) run(20_000)
require('node:v8').setFlagsFromString(process.argv[1])
for (let round = 0; round < 200; round++) for (const run of loops) run(3_000 + round * 300)
for (const run of loops) run(3e6)
console.log('alive')
`
/** What it guards against (`--no-maglev-osr` ended the process) happens in a few runs of a hundred, more under load. */
const RUNS = 2

it('a process whose loops run hot survives the flag that keeps threads stoppable', async () => {
  for (let i = 0; i < RUNS; i++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', SCRIPT, '--', STOPPABLE_LOOPS_FLAG])
    expect(stdout).toBe('alive\n')
  }
}, 300_000) // the limit is for a process that hangs.
