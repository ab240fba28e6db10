/** The driver of the fuzz test: ships the functions of generated programs, and says what they give in its own process. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { UserFunction } from '../../src/ship/ship.ts'
import { type Case, runCases } from '../fixtures/ship/run-cases.ts'

/** Programs that are captured together: most of what a capture costs is that V8 lists all scripts of the process. */
const together = Number(process.argv[4])
const programs = process.argv[3]!
const cases: Case[] = []
let functions: UserFunction[] = []
let first = ''
const RECORD = 11
const names = readdirSync(programs).sort((a, b) => Number(a) - Number(b))
for (const [i, name] of names.entries()) {
  const program = (await import(pathToFileURL(join(programs, name, 'main.mjs')).href)) as {
    readonly functions: readonly UserFunction[]
  }
  if (functions.length === 0) first = name
  functions.push(...program.functions)
  if ((i + 1) % together !== 0 && i + 1 < names.length) continue
  cases.push([first, functions, RECORD])
  functions = []
}
await runCases(cases)
