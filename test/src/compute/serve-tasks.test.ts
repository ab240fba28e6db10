/** The worker's side of the pool: how it ends. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fixtures } from '../ship/run-fixture.ts'

it('a worker that is asked to end twice, or loses its driver meanwhile, closes what it holds once and whole', async () => {
  const settings = JSON.stringify({ tempDirectory: fixtures, driverPid: process.pid })
  const child = fork(join(fixtures, 'slow-close-worker.ts'), [settings], {
    execArgv: ['--conditions=development'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let printed = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (printed !== 'begun\n') return
    child.send(JSON.stringify({ close: true }))
    child.disconnect()
  })
  child.once('message', () => child.send(JSON.stringify({ close: true })))
  await Promise.all([once(child, 'exit'), once(child.stderr!, 'end')])
  expect(printed).toBe('begun\nclosed\n')
})
