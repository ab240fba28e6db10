/** Failures of shipped functions name the lines that the user wrote. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Failure } from '../../../operators/index.ts'
import { codeFrame, mapFailure } from '../../../src/ship/map-failure.ts'
import { fixtures, output } from './run-fixture.ts'

describe('mapFailure', () => {
  let failures: Failure[]
  beforeAll(async () => {
    failures = JSON.parse(await output(join(fixtures, 'failing.ts'), mkdtempSync(join(tmpdir(), 'dunlin-'))))
  })

  it('points at the line and column of a throw inside a helper', () => {
    expect(failures[0]!.place).toEqual({ task: 7, at: 'failing.ts:15:33' })
    const stack = failures[0]!.causes[0]!.stack!.split('\n')
    expect(stack[0]).toBe('RangeError: too large: 5')
    expect(stack[1]).toMatch(/at check \(.*\/fixtures\/ship\/failing\.ts:15:33\)$/)
    expect(stack[2]).toMatch(/at direct \(.*\/fixtures\/ship\/failing\.ts:18:38\)$/)
    expect(stack.join()).not.toContain('.mjs')
  })

  it('maps the stacks of causes', () => {
    expect(failures[1]!.place.at).toBe('failing.ts:23:11')
    expect(failures[1]!.causes.map(c => c.message)).toEqual(['outer', 'too large: 5'])
    expect(failures[1]!.causes[1]!.stack).toMatch(/at check \(.*failing\.ts:15:33\)/)
  })

  it('maps files that were bundled', () => {
    expect(failures[2]!.place.at).toBe('throwing-library.ts:7:9')
    expect(failures[2]!.causes[0]!.name).toBe('LibraryError')
    expect(failures[2]!.causes[0]!.stack).toMatch(/at throwsHere \(.*throwing-library\.ts:7:9\)/)
    expect(failures[2]!.causes[0]!.stack).toMatch(/at elsewhere \(.*failing\.ts:26:41\)/)
  })

  it('points at the property of undefined that was read', () => {
    expect(failures[3]!.place.at).toBe('failing.ts:27:76')
  })

  it('calls functions by their own names, and those without a name anonymous', () => {
    for (const { causes } of [failures[4]!, failures[7]!]) {
      const stack = causes[0]!.stack!.split('\n')
      expect(stack[1]).toMatch(/^ {4}at .*failing\.ts:30:62\)?$/)
      expect(stack.find(line => line.includes('failing.ts:30:40'))).toMatch(/^ {4}at <anonymous> \(\//)
    }
    const stack = failures[5]!.causes[0]!.stack!
    expect(stack).toMatch(/at check \(.*failing\.ts:15:33\)/)
    expect(stack).toMatch(/at async <anonymous> \(.*failing\.ts:31:|at <anonymous> \(.*failing\.ts:31:/)
    for (const failure of failures) expect(JSON.stringify(failure)).not.toMatch(/\$d\d/)
  })

  it('names the variables of a message as the program does', () => {
    expect(failures[6]).toMatchObject({
      message: 'Map threw: table is not a function',
      place: { at: 'failing.ts:34:29' },
      causes: [{ message: 'table is not a function' }],
    })
    expect(failures[6]!.causes[0]!.stack).toMatch(/^TypeError: table is not a function\n {4}at calls \(/)
  })

  it('leaves failures of others as they are', () => {
    const shipped = {
      hash: '0'.repeat(64),
      source: new Uint8Array(),
      functions: [],
      warnings: [],
      sourceMap: '{}',
    }
    const failure: Failure = {
      code: 'STORE',
      message: 'm',
      retryable: true,
      place: { at: 'a:1' },
      stack: 's',
      causes: [],
    }
    expect(mapFailure(failure, shipped)).toBe(failure)
  })
})

describe('codeFrame', () => {
  it('shows three lines and marks the column', () => {
    expect(codeFrame(`${join(fixtures, 'throwing-library.ts')}:7:9`)).toBe(
      [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source
        '  6 |   const wanted: string = `not ${x}`',
        '> 7 |   throw new LibraryError(wanted) // line 7',
        '    |         ^',
        '  8 | }',
      ].join('\n'),
    )
  })

  it('gives nothing for a file that is not there', () => {
    expect(codeFrame('nowhere.ts:1')).toBeUndefined()
    expect(codeFrame(`${join(fixtures, 'throwing-library.ts')}:900`)).toBeUndefined()
  })
})
