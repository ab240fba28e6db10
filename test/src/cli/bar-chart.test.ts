/** The bar chart: proportional, aligned, within its width. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { barChart } from '../../../src/cli/bar-chart.ts'
import { textWidth } from '../../../src/cli/progress/text-width.ts'

test('bars are as long as their values, labels stand to the right, values too', () => {
  const bars = [
    { label: 'the', value: 14_000 },
    { label: 'whale', value: 7_000 },
    { label: 'of', value: 1_750 },
    { label: 'a', value: 0 },
  ]
  expect(`\n${barChart(bars, { width: 31 }).join('\n')}\n`).toMatchInlineSnapshot(`
    "
      the  ████████████████  14,000
    whale  ████████           7,000
       of  ██                 1,750
        a                         0
    "
  `)
})

test('no bars make no lines', () => {
  expect(barChart([], { width: 80 })).toEqual([])
})

test('no line is wider than asked for, whatever the labels and values', () => {
  const bar = fc.record({
    label: fc.string({ unit: 'grapheme' }).map(s => s.replace(/\p{C}/gu, '')),
    value: fc.nat(),
  })
  fc.assert(
    fc.property(
      fc.array(bar, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 45, max: 200 }),
      (bars, width) => {
        for (const line of barChart(bars, { width })) expect(textWidth(line)).toBeLessThanOrEqual(width)
      },
    ),
  )
})
