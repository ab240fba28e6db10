/** Job files run by the command line: what their functions give on workers, or why they are refused. */
import { rmSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { makeProject } from './project.ts'
import { runCase } from './run-case.ts'

const project = makeProject('TypeScript')
afterAll(() => rmSync(project, { recursive: true, force: true }))

const runtime = { node: process.execPath, flags: ['--conditions=development'] }

const cases = CASES.filter(one => one.not?.TypeScript === undefined)

it.each(cases.map(one => [one.title, one] as const))('%s', async (_, one) => {
  expect(await runCase(one, runtime, project, 'TypeScript')).toBeNull()
})
