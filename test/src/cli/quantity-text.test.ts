/** Numbers as people read them, and as they write them. */
import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { parseCount, parseDuration, parseMemory } from '../../../src/cli/parse-quantity.ts'
import { bytesText, countText, durationText, plural, wholeText } from '../../../src/cli/quantity-text.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [12_345, '12.3 kB'],
  [999_400, '999 kB'],
  [999_600, '1.00 MB'],
  [1_204_997, '1.20 MB'],
  [64 * 2 ** 20, '67.1 MB'],
  [5e12, '5.00 TB'],
])('%d bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [9_994, '9.99 s'],
  [9_996, '10.0 s'],
  [59_900, '59.9 s'],
  [59_960, '1 min 00 s'],
  [245_000, '4 min 05 s'],
  [3_600_000, '1 h 00 min'],
  [7_380_000, '2 h 03 min'],
])('%d ms are %s', (ms, text) => expect(durationText(ms)).toBe(text))

test('counts are short where there is little room and whole where there is', () => {
  expect([countText(0), countText(999), countText(17_365), countText(4.2e6)]).toEqual([
    '0',
    '999',
    '17.4k',
    '4.20M',
  ])
  expect(wholeText(1_234_567)).toBe('1,234,567')
  expect([plural(1, 'task'), plural(0, 'task'), plural(2_000, 'task')]).toEqual([
    '1 task',
    '0 tasks',
    '2,000 tasks',
  ])
})

test('sizes are read with their units, and need one where they would be less than a megabyte', () => {
  expect(['128MB', '64MiB', '1.5 gb', '4000000', '1mb', '1000kb'].map(parseMemory)).toEqual([
    128e6,
    64 * 2 ** 20,
    1.5e9,
    4e6,
    1e6,
    1e6,
  ])
  for (const small of ['64', '64KB', '999999', '0', '0.9MB'])
    expect(() => parseMemory(small), small).toThrow('It is 1MB at least, with its unit: 64MB.')
  for (const bad of ['', 'MB', '-1MB', '12 parsecs', '1e9', '1,5GB']) {
    expect(() => parseMemory(bad), bad).toThrow(InvalidArgumentError)
  }
})

test('durations are read with their units, and need one', () => {
  expect(['7d', '12h', '30min', '30m', '45s', '10ms'].map(parseDuration)).toEqual([
    6048e5, 432e5, 18e5, 18e5, 45e3, 10,
  ])
  for (const bad of ['', '7', 'd', '7y', '-1d'])
    expect(() => parseDuration(bad), bad).toThrow(InvalidArgumentError)
})

test('a count is a whole number from 1 up', () => {
  expect(parseCount('12')).toBe(12)
  for (const bad of ['0', '-1', '1.5', 'two', ''])
    expect(() => parseCount(bad), bad).toThrow(InvalidArgumentError)
})
