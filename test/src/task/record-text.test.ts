/** The text of a record in a dead letter. */
import { describe, expect, it } from 'vitest'
import { cutText, recordText } from '../../../src/task/record-text.ts'

describe('the text of a record', () => {
  it.each<[string, unknown, string, boolean]>([
    ['an object', { a: 1, b: [null, 'x'] }, '{"a":1,"b":[null,"x"]}', true],
    ['an int64', { a: 2n ** 63n }, '{"a":"9223372036854775808"}', true],
    ['bytes', new Uint8Array([1, 2, 3]), '"AQID"', true],
    ['a typed array', { v: new Float64Array([1.5, 2]) }, '{"v":[1.5,2]}', true],
    ['what JSON has no form for', { f: () => 1, a: 1 }, '{"a":1}', false],
    ['a Map', { m: new Map([[1, 2]]) }, '{"m":{}}', false],
    ['undefined', undefined, 'undefined', false],
    ['a symbol', Symbol('s'), 'Symbol(s)', false],
  ])('that is %s', (_, record, text, whole) => expect(recordText(record)).toEqual({ text, whole }))

  it('never throws: of what refers to itself, or will not be looked at', () => {
    const circle: Record<string, unknown> = {}
    circle['circle'] = circle
    expect(recordText(circle)).toEqual({ text: '[object Object]', whole: false })
    const trap = {
      get a(): never {
        throw new Error('do not look')
      },
      toString(): never {
        throw new Error('nor print')
      },
    }
    expect(recordText(trap)).toEqual({ text: '(a record that cannot be shown)', whole: false })
  })

  it('is cut where it is longer than 65,536 characters, and says so', () => {
    expect(cutText('x'.repeat(65_536))).toEqual({ text: 'x'.repeat(65_536), whole: true })
    expect(cutText('x'.repeat(65_537))).toEqual({ text: `${'x'.repeat(65_536)}…`, whole: false })
  })
})
