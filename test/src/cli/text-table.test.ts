/** Tables in text. */
import { expect, test } from 'vitest'
import { textTable } from '../../../src/cli/text-table.ts'

const COLUMNS = [{ title: 'n', align: 'right' as const }, { title: 'what' }]
const ROWS = [
  ['1', 'short'],
  ['22', 'rather a long one'],
]

test('columns are as wide as their longest cell', () => {
  expect(textTable(COLUMNS, ROWS)).toEqual([' n  what', ' 1  short', '22  rather a long one'])
})

test('the last column is cut to the width, but never below its title', () => {
  expect(textTable(COLUMNS, ROWS, { width: 12 })).toEqual([' n  what', ' 1  short', '22  rather…'])
  expect(textTable(COLUMNS, ROWS, { width: 3 })).toEqual([' n  what', ' 1  sho…', '22  rat…'])
})
