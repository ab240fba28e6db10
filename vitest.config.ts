import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/longest-first.ts'

/** Tests of code that starts no process, thread or timer of its own: they share their process, and what it has loaded. */
const SHARING = [
  'test/operators/**/*.test.ts',
  'test/planner/**/*.test.ts',
  'test/engine/**/*.test.ts',
  'test/src/{engine,events,job,scheduler,shuffle,sink,source,store,task}/**/*.test.ts',
]

/** Part of no run but those of commands of their own, by `npm run check:aws`. */
const LONG = process.env['LONG_TESTS'] === undefined ? ['test/**/*.long.test.ts'] : []

const CONDITIONS = ['--conditions=bundled-worker', '--conditions=development']

/**
 * Tests run on Node's own module loader, against the sources (export condition `development`). Workers alone are a bundle
 * of them, built when a run begins, since hundreds are started.
 */
export default defineConfig({
  test: {
    experimental: { viteModuleRunner: false },
    pool: 'forks',
    globalSetup: './build-worker.mjs',
    execArgv: CONDITIONS,
    // Workers and child processes strip and compile the same sources again and again.
    env: {
      NODE_OPTIONS: CONDITIONS.join(' '),
      NODE_COMPILE_CACHE: resolve('node_modules/.cache/node'),
    },
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/folder-budgets.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: { name: 'own', include: ['test/**/*.test.ts'], exclude: [...SHARING, ...LONG] },
      },
      {
        extends: true,
        test: { name: 'shared', include: SHARING, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
    ],
  },
})
