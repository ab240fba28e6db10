import { expect, test } from 'vitest'
import { bytesText, countText, dollarsText, secondsText } from '../../../planner/explain/quantities.ts'

test('sizes have three digits at most', () => {
  expect([0, 999, 1000, 12_340, 999_499, 999_500, 1.5e9, 2e18].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '12.3 kB',
    '999 kB',
    '1.00 MB',
    '1.50 GB',
    '2000 PB',
  ])
})

test('times are in seconds, minutes or hours', () => {
  expect([0.01, 0.1, 99.94, 600, 7200].map(secondsText)).toEqual([
    'under 0.1 s',
    '0.1 s',
    '99.9 s',
    '10 min',
    '2.0 h',
  ])
})

test('sums and counts', () => {
  expect([0, 0.00001, 0.0123, 12.345].map(dollarsText)).toEqual(['$0', 'under $0.0001', '$0.0123', '$12.35'])
  expect([countText(1, 'task'), countText(12_000, 'task'), countText(2, 'process', 'processes')]).toEqual([
    '1 task',
    '12,000 tasks',
    '2 processes',
  ])
})
