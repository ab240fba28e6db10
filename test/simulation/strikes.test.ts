/** A process struck before and after every one of its requests: killed and followed, or paused and overtaken. */
import { describe, expect, it } from 'vitest'
import { tallyStrikes } from './strike-everywhere.ts'

describe('a driver that is killed', () => {
  it.each(['word count', 'reduce by key', 'dealt rows'])(
    'before or after any request of %s is followed by one that ends the job',
    async workload => {
      const tally = await tallyStrikes({ workload, who: 'driver', how: 'killed' })
      expect(tally.failing).toEqual([])
      expect(tally.ended['succeeded']! + tally.ended['never recorded']!).toBe(tally.runs)
      expect(tally.runs).toBeGreaterThan(10)
    },
    60_000,
  )
})

describe('a driver that is paused', () => {
  it.each(['word count'])(
    'at any request of %s, is overtaken and wakes up, changes nothing',
    async workload => {
      const tally = await tallyStrikes({ workload, who: 'driver', how: 'paused' })
      expect(tally.failing).toEqual([])
      expect(tally.ended['succeeded']).toBe(tally.runs)
    },
    60_000,
  )
})

describe('a worker that is killed', () => {
  it.each(['union and distinct', 'take'])(
    'before or after any request of %s costs an attempt',
    async workload => {
      const tally = await tallyStrikes({ workload, who: 'worker', how: 'killed' })
      expect(tally.failing).toEqual([])
      expect(tally.ended['succeeded']).toBe(tally.runs)
    },
    60_000,
  )
})
