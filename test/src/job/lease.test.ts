import { describe, expect, it } from 'vitest'
import { hasLetGo, type Lease, newHolder } from '../../../src/job/lease.ts'
import type { DriverPlace } from '../../../src/ports/ports.ts'
import { systemPlace } from '../../../src/ports/system-place.ts'
import { systemRandom } from '../../../src/ports/system-random.ts'

const place: DriverPlace = { host: 'app', machine: 'one', pid: 7, isGone: pid => pid === 7 }

const heldAt = (at: DriverPlace): Lease => ({
  version: 1,
  epoch: 1,
  holder: newHolder({ random: systemRandom, place: at }),
  beat: 0,
  released: false,
})

describe('the lease of a driver that has not let it go', () => {
  it('has lapsed at once where its process is no more', () => {
    expect(hasLetGo(heldAt(place), place)).toBe(true)
    expect(hasLetGo(heldAt({ ...place, pid: 8 }), place)).toBe(false)
  })

  it('has not where the process is one of another container, whose name the machine shares', () => {
    expect(hasLetGo(heldAt({ ...place, machine: 'two' }), place)).toBe(false)
  })

  it('says nothing of processes where an older dunlin has taken it', () => {
    const { machine: _, ...holder } = heldAt(place).holder
    expect(hasLetGo({ ...heldAt(place), holder } as Lease, place)).toBe(false)
  })

  it('of this machine names it by more than its host', () => {
    expect(systemPlace.machine).toMatch(/^[0-9a-f]{8}$/)
    expect(hasLetGo(heldAt(systemPlace), systemPlace)).toBe(false)
  })
})
