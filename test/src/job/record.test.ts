import { describe, expect, it } from 'vitest'
import { DunlinError } from '../../../operators/index.ts'
import { decodeRecord, encodeRecord, readRecord } from '../../../src/job/record.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'

const RECORD = { version: 1, name: 'wörds, "quoted"', crc32: 7, list: [1, { deep: null }] } as const

const refusal = (bytes: Uint8Array): string => {
  try {
    return `it is read as ${JSON.stringify(decodeRecord(bytes, 'memory://x/record'))}`
  } catch (error) {
    return error instanceof DunlinError ? error.code : String(error)
  }
}

describe('a record', () => {
  it('is read as it was written, a field named like the checksum too', () => {
    expect(decodeRecord(encodeRecord(RECORD), 'memory://x/record')).toEqual(RECORD)
  })

  it('with any one bit turned, or cut off anywhere, is refused', () => {
    const bytes = encodeRecord(RECORD)
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const turned = bytes.slice()
        turned[at]! ^= 1 << bit
        expect(refusal(turned), `bit ${bit} of byte ${at}`).toBe('CORRUPT')
      }
      expect(refusal(bytes.subarray(0, at)), `${at} bytes`).toBe('CORRUPT')
    }
  })

  it('that came with a bit turned is asked for once more', async () => {
    const store = new MemoryStore({ name: 'records' })
    await store.put('r', encodeRecord(RECORD))
    let gets = 0
    const turning = (most: number) =>
      replaced(store, {
        async get(...given) {
          const bytes = (await store.get(...given)).slice()
          if (++gets <= most) bytes[3]! ^= 1
          return bytes
        },
      })
    expect(await readRecord(turning(1), 'r')).toEqual(RECORD)
    gets = 0
    await expect(readRecord(turning(2), 'r')).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(await readRecord(store, 'nothing')).toBeUndefined()
  })
})
