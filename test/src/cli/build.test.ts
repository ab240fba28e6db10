/** `dunlin build`, `dunlin run <artefact>`, `dunlin explain --code`, and drivers that cannot be captured from. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')
const place = mkdtempSync(join(tmpdir(), 'dunlin-build-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))
mkdirSync(join(place, 'node_modules'))
symlinkSync(ROOT, join(place, 'node_modules/dunlin'), 'junction')
symlinkSync(join(ROOT, 'node_modules/zod'), join(place, 'node_modules/zod'), 'junction')
writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
const JOB = `
import { from } from 'dunlin'
import { z } from 'zod'
const word = z.string().min(2)
const lengths = [1, 2, 3]
const password = 'correct-horse'
export const open = () => password
export default from(['call', 'me', 'i'])
  .filter(text => word.safeParse(text).success)
  .map(text => ({ text, known: lengths.includes(text.length), n: open().length }))
  .write.jsonl('out/')
`
writeFileSync(join(place, 'job.ts'), JOB)

interface Ended {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

function dunlin(...args: readonly string[]): Promise<Ended> {
  return new Promise((done, fail) => {
    const cli = join(ROOT, 'src/cli/dunlin.ts')
    const child = spawn(process.execPath, ['--conditions=development', cli, ...args], {
      cwd: place,
      env: { ...process.env, NO_COLOR: '1', DUNLIN_WORKERS: '1' },
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', text => (out += text))
    child.stderr.setEncoding('utf8').on('data', text => (err += text))
    child.on('error', fail)
    child.on('close', code => done({ out, err, code }))
  })
}

it('an artefact runs without the job file', async () => {
  const built = await dunlin('build', 'job.ts', '-o', 'built')
  expect(built.err).toMatch(/warning: variable password .* looks like a secret, by its name/)
  expect(built.err).not.toContain('correct-horse')
  expect(built.err).not.toContain('was never run')
  expect(built).toMatchObject({ out: 'built\n', code: 0 })
  rmSync(join(place, 'job.ts'))
  const ran = await dunlin('run', 'built')
  writeFileSync(join(place, 'job.ts'), JOB)
  expect(ran.code, ran.err).toBe(0)
  expect(readFileSync(join(place, 'out/part-00000.jsonl'), 'utf8')).toBe(
    '{"text":"call","known":false,"n":13}\n{"text":"me","known":true,"n":13}\n',
  )
  expect(await dunlin('run', 'built', '--param', 'a=b')).toMatchObject({ code: 2 })
})

it('explain --code tells size, packages, captured values and warnings', async () => {
  const { out, code } = await dunlin('explain', 'job.ts', '--code')
  expect(code).toBe(0)
  const text = out.slice(out.indexOf('Code ')).replace(/\d+\.\d kB/g, '<size>')
  const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules/zod/package.json'), 'utf8')) as {
    version: string
  }
  expect(text).toMatch(/^Code [0-9a-f]{12} · <size>\n/)
  expect(text).toContain(`packages  zod ${version} · <size>`)
  expect(text).toMatch(/ lengths · \d+ B\n/)
  expect(text).toMatch(/warnings {2}variable password .* looks like a secret/)
})

it('explain --code tells what is refused of all functions', async () => {
  writeFileSync(
    join(place, 'refused.ts'),
    `import { range } from 'dunlin'
const [later, seen] = [Promise.resolve(1), new WeakMap()]
export default range(3).map(() => later).filter(n => seen.has(n as object)).write.jsonl('refused/')`,
  )
  const { err, code } = await dunlin('explain', 'refused.ts', '--code')
  expect(code).toBe(1)
  expect(err).toContain('2 functions cannot be shipped')
  expect(err).toContain('Promise is a live resource')
  expect(err).toContain('WeakMap is a live resource')
})

it.each([
  ['bundled with its packages', { minify: false }],
  ['minified', { minify: true, external: ['dunlin', 'zod'] }],
])('a driver that was %s is refused with advice', async (what, options) => {
  const many = Array.from({ length: 40 }, (_, i) => `console.error('step ${i}')`).join('\n')
  await build({
    stdin: { contents: `${JOB}\n${many}`, resolveDir: place, loader: 'ts' },
    outfile: join(place, 'driver.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['dunlin'],
    ...options,
  })
  const { err, code } = await dunlin('run', 'driver.mjs')
  expect(code).toBe(1)
  expect(err).toContain(`was ${what}`)
  expect(err).toContain('dunlin build job.ts')
  const built = await dunlin('build', 'driver.mjs')
  expect(built.code).toBe(1)
  expect(built.err).toContain(`was ${what}`)
  expect(built.err).toMatch(/hint +Build it from its own source/)
  expect(built.err).not.toContain('dunlin build')
})
