import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { readAhead } from '../../../src/store/read-ahead.ts'

const sizes = [5, 1, 9, 2, 2, 30, 1]

describe('reading ahead', () => {
  it('gives results in order though later fetches end first', async () => {
    const seen: number[] = []
    const options = { items: [30, 1, 20, 2], width: 4, maxBytes: 100, sizeOf: () => 1 }
    for await (const value of readAhead(options, async ticks => {
      for (let i = 0; i < ticks; i++) await tick()
      return ticks
    })) {
      seen.push(value)
    }
    expect(seen).toEqual([30, 1, 20, 2])
  })

  it('keeps within its width and bytes, but fetches a larger item alone', async () => {
    let held = 0
    let count = 0
    let alone = true
    const options = { items: sizes, width: 3, maxBytes: 12, sizeOf: (size: number) => size }
    for await (const size of readAhead(options, async size => {
      held += size
      count++
      if (held > 12 && count > 1) alone = false
      expect(count).toBeLessThanOrEqual(3)
      await tick()
      return size
    })) {
      held -= size
      count--
    }
    expect(alone).toBe(true)
    expect(held).toBe(0)
  })

  it('waits for what is in flight when the reader stops, and leaves no rejection unhandled', async () => {
    let running = 0
    const options = { items: [0, 1, 2, 3, 4], width: 4, maxBytes: 100, sizeOf: () => 1 }
    const read = async () => {
      for await (const value of readAhead(options, async item => {
        running++
        await tick()
        await tick()
        running--
        if (item > 1) throw new Error('late')
        return item
      })) {
        if (value === 0) break
      }
    }
    await read()
    expect(running).toBe(0)
  })

  it('rejects with the error of the earliest item', async () => {
    const options = { items: [0, 1, 2], width: 3, maxBytes: 100, sizeOf: () => 1 }
    const read = async () => {
      for await (const _ of readAhead(options, async item => {
        if (item === 2) throw new Error('two')
        await tick()
        if (item === 1) throw new Error('one')
      }));
    }
    await expect(read()).rejects.toThrow('one')
  })
})
