import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findConfig } from '../../../src/configuration/find-config.ts'
import { scratch } from './scratch.ts'

test('the configuration of a directory is its own', () => {
  const root = scratch({ 'dunlin.config.ts': '', 'jobs/dunlin.config.mjs': '' })
  expect(findConfig(join(root, 'jobs'))).toBe(join(root, 'jobs', 'dunlin.config.mjs'))
})

test('else it is the one of the project', () => {
  const root = scratch({ 'package.json': '{}', 'dunlin.config.js': '', 'jobs/daily/job.ts': '' })
  expect(findConfig(join(root, 'jobs', 'daily'))).toBe(join(root, 'dunlin.config.js'))
})

test.each(['package.json', '.git/HEAD'])('nothing is looked for above a directory with a %s', mark => {
  const root = scratch({ 'dunlin.config.ts': '', [`project/${mark}`]: '', 'project/jobs/job.ts': '' })
  expect(findConfig(join(root, 'project', 'jobs'))).toBe(undefined)
  expect(findConfig(root)).toBe(join(root, 'dunlin.config.ts'))
})

test('of several in one directory TypeScript comes first', () => {
  const root = scratch({ 'dunlin.config.js': '', 'dunlin.config.mjs': '', 'dunlin.config.ts': '' })
  expect(findConfig(root)).toBe(join(root, 'dunlin.config.ts'))
})
