/** Builds dist/: the typed modules by tsc, and the worker as one file, which starts three times as fast. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import buildWorker from './build-worker.mjs'

const require = createRequire(import.meta.url)
rmSync('dist', { recursive: true, force: true })
const tsc = spawnSync(
  process.execPath,
  [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  { stdio: 'inherit' },
)
if (tsc.status !== 0) process.exit(tsc.status ?? 1)
cpSync('lambda/local-service/bootstrap.mjs', 'dist/lambda/local-service/bootstrap.mjs')
// npm sets this bit when it installs the package, but not when it is built again.
chmodSync('dist/src/cli/dunlin.js', 0o755)
// In a checkout, npx finds its own package's command here; without it npx makes an installation of its own first.
const bin = 'node_modules/.bin/dunlin'
if (process.platform !== 'win32' && existsSync('node_modules/.bin') && !existsSync(bin)) {
  rmSync(bin, { force: true })
  symlinkSync('../../dist/src/cli/dunlin.js', bin)
}
await buildWorker()
