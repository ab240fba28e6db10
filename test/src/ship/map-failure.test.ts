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
