/** The driver of the fuzz test: ships the functions of generated programs, and says what they give in its own process. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { endInspection, scriptOfUrl } from '../../src/ship/inspect.ts'
import { programOf } from '../../src/ship/program.ts'
import type { UserFunction } from '../../src/ship/ship.ts'
import { type Case, runCases } from '../fixtures/ship/run-cases.ts'

const RECORD = 11
const programs = process.argv[3]!
const cases: Case[] = []
const urls: string[] = []
for (const name of readdirSync(programs)) {
  const folder = join(programs, name)
  urls.push(...readdirSync(folder).map(file => pathToFileURL(join(folder, file)).href))
  const program = (await import(pathToFileURL(join(folder, 'main.mjs')).href)) as {
    readonly functions: readonly UserFunction[]
  }
  cases.push([name, program.functions, RECORD])
}
// In one session for all: V8 lists every script of the process for each, which is most of what a capture costs.
for (const url of urls) {
  const script = scriptOfUrl(url)
  if (script !== undefined) programOf(script.scriptId)
}
endInspection()
await runCases(cases)
