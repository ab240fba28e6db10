/** Which processes of this machine are gone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { systemPlace } from '../../../src/ports/system-place.ts'

it('this process is not gone, and one that has ended is', async () => {
  expect(systemPlace.isGone(process.pid)).toBe(false)
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'exit')
  expect(systemPlace.isGone(child.pid!)).toBe(true)
})

it.runIf(process.platform === 'linux')(
  'one that has ended is gone also while its parent has not asked how, as in containers it may never',
  async () => {
    const script =
      "console.log(require('node:child_process').spawn('sleep', ['30'], { stdio: 'ignore' }).pid)"
    const parent = spawn(process.execPath, ['-e', script])
    try {
      const [text] = (await once(parent.stdout, 'data')) as [Buffer]
      const child = Number(text)
      // A parent that is stopped asks for nothing.
      parent.kill('SIGSTOP')
      process.kill(child, 'SIGKILL')
      for (let tries = 0; tries < 100 && !systemPlace.isGone(child); tries++) await setTimeout(20)
      expect(() => process.kill(child, 0), 'it still has an entry').not.toThrow()
      expect(systemPlace.isGone(child)).toBe(true)
      expect(systemPlace.isGone(parent.pid!)).toBe(false)
    } finally {
      parent.kill('SIGKILL')
    }
  },
)
