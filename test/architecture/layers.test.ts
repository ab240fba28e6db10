import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const FOLDERS = ['operators', 'planner', 'src', 'lambda', 'benchmarks', 'test']
const run = promisify(execFile)

interface Cruise {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string }
      readonly from: string
      readonly to: string
    }[]
  }
}

async function cruise(root: string, folders = FOLDERS): Promise<Cruise> {
  const command = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const { stdout } = await run(process.execPath, [command, '--output-type', 'json', ...folders], {
    cwd: root,
    maxBuffer: 256 << 20,
    env: { ...process.env, NODE_OPTIONS: '' },
  }).catch((error: { stdout: string; stderr: string }) => {
    // Violations make it exit with their number; the report is there all the same.
    if (error.stdout === '') throw new Error(error.stderr)
    return error
  })
  return JSON.parse(stdout) as Cruise
}

async function sourcesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(
      entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'),
    )
    .map(entry => join(entry.parentPath, entry.name))
}

describe('the walls of the house', () => {
  let house: Cruise
  beforeAll(async () => {
    house = await cruise('.')
  }, 120_000)

  it('stand: no folder looks right', () => {
    expect(house.summary.violations.map(v => `${v.rule.name}: ${v.from} → ${v.to}`)).toEqual([])
  })

  it('are checked for every module that there is', async () => {
    const seen = new Set(house.modules.map(module => module.source))
    const all = (await Promise.all(FOLDERS.slice(0, 4).map(sourcesBelow))).flat()
    expect(all.length).toBeGreaterThan(100)
    expect(all.filter(file => !seen.has(file))).toEqual([])
  })
})

describe('a planted import', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'dunlin-layers-'))
    for (const file of ['.dependency-cruiser.mjs', 'package.json', 'tsconfig.json'])
      await cp(file, join(root, file))
    await symlink(resolve('node_modules'), join(root, 'node_modules'))
    for (const folder of FOLDERS) {
      await mkdir(join(root, folder))
      await writeFile(join(root, folder, 'index.ts'), 'export const here = 1\n')
      await writeFile(join(root, folder, 'inner.ts'), 'export const inner = 1\n')
    }
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  const cases: readonly [string, string, string][] = [
    [
      'operators/index.ts',
      "export { here as there } from '../planner/index.ts'\n",
      'operators-looks-only-left',
    ],
    ['planner/index.ts', "export { here as there } from '../src/index.ts'\n", 'planner-looks-only-left'],
    ['src/index.ts', "export { here as there } from '../lambda/index.ts'\n", 'src-looks-only-left'],
    ['lambda/index.ts', "export { here as there } from '../benchmarks/index.ts'\n", 'lambda-looks-only-left'],
    ['src/index.ts', "export { inner } from '../planner/inner.ts'\n", 'through-the-door'],
    [
      'benchmarks/index.ts',
      "export { here as there } from '../operators/index.ts'\n",
      'benchmarks-use-the-public-package',
    ],
    ['operators/index.ts', "export { readFile } from 'node:fs/promises'\n", 'pure-folders-do-no-io'],
    ['src/index.ts', "export { Table } from 'apache-arrow'\n", 'arrow-only-in-the-codec'],
    ['src/index.ts', "export { test } from 'vitest'\n", 'no-test-code-in-the-product'],
    ['lambda/index.ts', "export { S3 } from '@aws-sdk/client-s3'\n", 'sdks-load-lazily'],
    [
      'src/store/open-cloud-store.ts',
      "export { here as there } from '../../lambda/index.ts'\n",
      'clouds-load-lazily',
    ],
    [
      'src/configuration/configured-engine.ts',
      "export { here as there } from '../../lambda/index.ts'\n",
      'clouds-load-lazily',
    ],
  ]
  it.each(cases)('in %s is found: %s', async (file, text, rule) => {
    await mkdir(join(root, dirname(file)), { recursive: true })
    await writeFile(join(root, file), text)
    try {
      const { summary } = await cruise(root, [file.split('/')[0]!])
      expect(summary.violations.map(v => v.rule.name)).toContain(rule)
    } finally {
      await writeFile(join(root, file), 'export const here = 1\n')
    }
  })
})
