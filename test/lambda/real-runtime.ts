/**
 * `npm run check:lambda-runtime`: the tests of the Lambda service and of whole jobs on it, by the runtime client that AWS itself
 * uses in its managed Node runtimes. It is compiled when it is installed, which takes a minute: so no part of the suite.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { REAL_RUNTIME } from '../fixtures/lambda-runtime.ts'

const CLIENT = { 'aws-lambda-ric': '4.0.2' }
const FOLDER = join(import.meta.dirname, '.runtime')
const SCRIPT = join(FOLDER, 'node_modules/aws-lambda-ric/index.mjs')
const ROOT = resolve(import.meta.dirname, '../..')
const TESTS = [
  'test/lambda/local-service',
  'test/lambda/aws/waves.test.ts',
  'test/lambda/aws/event-launches.test.ts',
]

function must(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): void {
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(SCRIPT)) {
  mkdirSync(FOLDER, { recursive: true })
  const project = { private: true, dependencies: CLIENT, allowScripts: { 'aws-lambda-ric': true } }
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify(project))
  must('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], FOLDER)
}
must('npx', ['vitest', 'run', ...TESTS], ROOT, { ...process.env, [REAL_RUNTIME]: SCRIPT })
