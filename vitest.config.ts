import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Tests run on Node's own module loader, against the sources (export condition `development`), never a build. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    experimental: { viteModuleRunner: false },
    pool: 'forks',
    execArgv: ['--conditions=development'],
    // Workers and child processes strip and compile the same sources again and again.
    env: {
      NODE_OPTIONS: '--conditions=development',
      NODE_COMPILE_CACHE: resolve('node_modules/.cache/node'),
    },
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/folder-budgets.ts'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
  },
})
