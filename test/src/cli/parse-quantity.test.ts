/** Numbers on the command line: what people write is taken, what they cannot have meant is not. */
import { expect, test } from 'vitest'
import { parseDollars, parseLargeCount, parseSeed } from '../../../src/cli/parse-quantity.ts'

test.each([
  ['7', 7],
  ['10000000', 1e7],
  ['1e7', 1e7],
  ['10M', 1e7],
  ['2.5k', 2500],
  ['1 G', 1e9],
])('%s is a count', (text, count) => {
  expect(parseLargeCount(text)).toBe(count)
})

test.each(['', '0', '-1', '1.5', '1e99', '0.0001k', 'ten', '10MB'])('%j is no count', text => {
  expect(() => parseLargeCount(text)).toThrow()
})

test('a seed is a whole number from 0 up', () => {
  expect(parseSeed('0')).toBe(0)
  expect(parseSeed('42')).toBe(42)
  for (const text of ['-1', '1.5', '', '1e3', '99999999999999999999']) expect(() => parseSeed(text)).toThrow()
})

test('dollars are written with their sign or without', () => {
  expect([parseDollars('5'), parseDollars('$0.25')]).toEqual([5, 0.25])
  for (const text of ['0', '-1', '1e3', 'five', '']) expect(() => parseDollars(text)).toThrow('Write it as')
})
