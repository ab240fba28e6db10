import { describe, expect, it } from 'vitest'
import { chooseMode } from '../../../lambda/aws/invocation-mode.ts'

const SHORT = { longestMs: 2_000, splitBytes: 64 << 20, running: 10 }

describe('a task', () => {
  it('is waited for on a connection while it is short and the wave narrow', () => {
    expect(chooseMode('auto', SHORT)).toBe('sync')
  })

  it.each([
    ['others of its stage took more than a minute', { ...SHORT, longestMs: 61_000 }],
    ['it reads more than a function does in a minute', { ...SHORT, splitBytes: 5e9 }],
    ['a thousand connections are held already', { ...SHORT, running: 1_000 }],
  ])('is sent as an event where %s', (_, facts) => {
    expect(chooseMode('auto', facts)).toBe('event')
  })

  it('is invoked as it is asked for', () => {
    expect(chooseMode('event', SHORT)).toBe('event')
    expect(chooseMode('sync', { ...SHORT, running: 5_000 })).toBe('sync')
  })
})
