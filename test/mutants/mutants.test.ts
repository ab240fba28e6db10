/** Mutants of the protocol: nearly all are caught, by what the code as it is holds against. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MUTANTS } from './all-mutants.ts'
import { huntedText, tallyText } from './hunted-text.ts'
import type { Case, Hunted, Mutant } from './mutant.ts'
import { patched } from './patch-source.ts'
import { hunt, huntAll, runChild } from './run-hunt.ts'

const SEEDS = Number(process.env['MUTANT_SEEDS'] ?? 60)
/** The rest of the suite has the other processor; `npm run mutants` takes both. */
const WIDTH = 1
const LEAST_SHARE = 0.95

const ANY: Mutant = {
  name: 'any',
  file: 'src/task/run-task.ts',
  find: 'const event = { ...received, nonce }',
  replace: "throw new Error('this is the mutant')",
}

describe('a mutant', () => {
  it('replaces text that its file has exactly once', () => {
    for (const mutant of MUTANTS) {
      const text = readFileSync(resolve(import.meta.dirname, '../..', mutant.file), 'utf8')
      expect(patched(text, mutant)).not.toBe(text)
    }
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
  })

  it('is what runs in its process', async () => {
    const { caught } = await hunt(ANY, 1)
    expect(caught?.finding).toContain('this is the mutant')
  })

  it.each([
    ['is not there', 'const event = { nonce }'],
    ['is there twice', 'stopGuard'],
  ])('whose text %s is an error', async (_, find) => {
    await expect(hunt({ ...ANY, find }, 1)).rejects.toThrow('times what is to be replaced')
  })

  it('of a file that nothing loads is an error', async () => {
    const file = 'test/mutants/mutants.test.ts'
    await expect(hunt({ ...ANY, file, find: 'nothing loads is an error' }, 1)).rejects.toThrow(
      'was never loaded',
    )
  })
})

/** Every sixth one: the suite has no time for more. `npm run mutants` hunts all. */
const SOME = MUTANTS.filter((_, number) => number % 6 === 0)

describe(`${SOME.length} of ${MUTANTS.length} mutants of the protocol`, () => {
  let hunted: readonly Hunted[] = []

  it(`are caught, ${100 * LEAST_SHARE} % of them at least`, async () => {
    hunted = await huntAll(SOME, { seeds: SEEDS, width: WIDTH })
    process.stdout.write(`${tallyText(hunted)}\n`)
    const survivors = hunted.filter(({ caught }) => caught === null)
    const allowed = Math.floor(SOME.length * (1 - LEAST_SHARE))
    expect(survivors.length, survivors.map(one => huntedText(one, 0)).join('\n')).toBeLessThanOrEqual(allowed)
  }, 600_000)

  it('are caught by runs that find nothing in the code as it is', async () => {
    const cases = hunted.flatMap(({ caught }): Case[] => (caught?.of ? [caught.of] : []))
    const { runs, found } = await runChild({ kind: 'repeat', cases }, null)
    expect(found).toEqual([])
    expect(runs).toBe(cases.length)
    expect(runs).toBeGreaterThan(SOME.length * 0.9)
  }, 300_000)
})
