/** Wrapped lines keep their words and their column. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wrapText } from '../../../src/cli/wrap-text.ts'

test('what does not fit goes on below the text, not below the label', () => {
  const text = 'stage 0\n  read    one two three four\n  do      x'
  expect(`\n${wrapText(text, 20)}\n`).toMatchInlineSnapshot(`
    "
    stage 0
      read    one two
              three four
      do      x
    "
  `)
})

test('a word longer than the line stays whole', () => {
  expect(wrapText('  read    /a/very/long/path/indeed and more', 16)).toMatchInlineSnapshot(`
    "  read    /a/very/long/path/indeed
              and
              more"
  `)
})

test('words stay, in order, and lines of more than one word fit', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(words, fc.integer({ min: 14, max: 60 }), (all, width) => {
      const wrapped = wrapText(`  label   ${all.join(' ')}`, width)
      expect(wrapped.split(/\s+/).filter(Boolean)).toEqual(['label', ...all])
      for (const line of wrapped.split('\n').slice(1)) {
        expect(line.startsWith(' '.repeat(10))).toBe(true)
        if (line.trim().includes(' ')) expect(line.length).toBeLessThanOrEqual(width)
      }
    }),
  )
})
