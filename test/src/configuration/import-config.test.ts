import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { CONFIG_TEMPLATE } from '../../../src/configuration/config-template.ts'
import { importConfig } from '../../../src/configuration/import-config.ts'
import { readConfig } from '../../../src/configuration/read-config.ts'
import { scratch } from './scratch.ts'

const COMMON_JS = '{ "type": "commonjs" }'
const WITH_TYPES = `
import { type DunlinConfig, defineConfig } from 'dunlin'
enum Size { Small = 2 }
const config: DunlinConfig = defineConfig({ engine: 'local', local: { workers: Size.Small } })
export default config satisfies DunlinConfig
`

test.each([
  ['dunlin.config.ts', WITH_TYPES],
  [
    'dunlin.config.mjs',
    "import { defineConfig } from 'dunlin'; export default defineConfig({ engine: 'local', local: { workers: 2 } })",
  ],
  ['dunlin.config.js', "export default { engine: 'local', local: { workers: 2 } }"],
])(
  '%s is a module, also beside a package.json that says otherwise, and where dunlin is not installed',
  async (name, text) => {
    const expected = { engine: 'local', local: { workers: 2 } }
    const packaged = scratch({ 'package.json': COMMON_JS, [name]: text })
    expect(await importConfig(join(packaged, name))).toEqual(expected)
    const plain = scratch({ [name]: text })
    expect(await importConfig(join(plain, name))).toEqual(expected)
  },
)

test('TypeScript is read by a Node that strips no types, without a word on stderr', async () => {
  const root = scratch({ 'dunlin.config.mjs': '', 'dunlin.config.ts': WITH_TYPES })
  const module = new URL('../../../src/configuration/import-config.ts', import.meta.url)
  const build = await import('esbuild')
  const bundle = join(root, 'import-config.mjs')
  await build.build({
    entryPoints: [module.pathname],
    ...{ bundle: true, platform: 'node', format: 'esm', conditions: ['development'], outfile: bundle },
    alias: { esbuild: import.meta.resolve('esbuild') },
    external: ['file:*'],
  })
  const script = `
    import { importConfig } from ${JSON.stringify(bundle)}
    import { registerHooks } from 'node:module'
    registerHooks({ resolve: (s, c, n) => s === 'dunlin' ? { url: 'data:text/javascript,export const defineConfig = x => x', shortCircuit: true } : n(s, c) })
    console.log(process.features.typescript, JSON.stringify(await importConfig(${JSON.stringify(join(root, 'dunlin.config.ts'))})))`
  const args = ['--no-experimental-strip-types', '--input-type=module', '--eval', script]
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env })
  expect(stdout).toBe('false {"engine":"local","local":{"workers":2}}\n')
  expect(stderr).toBe('')
})

test.each([
  [
    'what cannot be parsed',
    'export default {\n  engine: local\n  local: 1 }',
    /dunlin\.config\.ts cannot be read: line 3: Expected "}"/,
  ],
  ['what throws', "throw new Error('no such day')", /dunlin\.config\.ts cannot be read: no such day/],
  ['what exports nothing', 'export const engine = "aws"', /dunlin\.config\.ts has no default export/],
  [
    'an import that is not there',
    "import './nowhere.ts'\nexport default {}",
    /cannot be read: Cannot find module/,
  ],
])('%s is a matter of configuration that names the file', async (_, text, message) => {
  const root = scratch({ 'dunlin.config.ts': text })
  const failing = importConfig(join(root, 'dunlin.config.ts'))
  await expect(failing).rejects.toMatchObject({
    code: 'CONFIGURATION',
    message: expect.stringMatching(message),
  })
})

test('the configuration that init writes says the default engine, and is right', async () => {
  const root = scratch({ 'dunlin.config.ts': CONFIG_TEMPLATE })
  const { config, file } = await readConfig(root)
  expect(file).toBe(join(root, 'dunlin.config.ts'))
  expect(config).toEqual({ engine: 'local', local: {}, aws: {} })
})

test('every line that init writes as a comment is a setting that there is', async () => {
  const text = CONFIG_TEMPLATE.replace(/^( +)\/\/ (\w+: .*,)( +\/\/.*)$/gm, '$1$2$3')
  expect(text).not.toBe(CONFIG_TEMPLATE)
  const { config } = await readConfig(scratch({ 'dunlin.config.ts': text }))
  expect(Object.keys(config.local!)).toEqual(['workers', 'isolation', 'directory', 'base', 's3'])
  expect(Object.keys(config.aws!)).toEqual([
    'region',
    'name',
    'bucket',
    'base',
    'memorySizesMb',
    'concurrency',
  ])
})
