import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/configuration/read-config.ts'

const run = promisify(execFile)

/** The fenced blocks of one language, with the line where each begins. */
function fencedCode(markdown: string, language: string): { readonly line: number; readonly code: string }[] {
  const found: { line: number; code: string }[] = []
  const fence = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm')
  for (const match of markdown.matchAll(fence)) {
    found.push({ line: markdown.slice(0, match.index).split('\n').length, code: match[1]! })
  }
  return found
}

describe('README.md', async () => {
  const readme = await readFile('README.md', 'utf8')
  let place: string
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'dunlin-readme-'))
    await mkdir(join(place, 'node_modules'))
    await symlink(resolve('.'), join(place, 'node_modules', 'dunlin'))
    await writeFile(join(place, 'package.json'), '{ "type": "module" }')
    await mkdir(join(place, 'books'))
    await writeFile(join(place, 'books', 'a.txt'), 'the whale the sea\nthe ship\n')
    await mkdir(join(place, 'orders'))
    const orders = [
      { customer: 'ann', country: 'NZ', amount: 12.5 },
      { customer: 'bob', country: 'NZ', amount: 0 },
      { customer: 'cas', country: 'PT', amount: 3 },
    ]
    await writeFile(
      join(place, 'orders', 'a.jsonl'),
      orders.map(order => `${JSON.stringify(order)}\n`).join(''),
    )
  })
  afterAll(() => rm(place, { recursive: true, force: true }))

  const isConfig = ({ code }: { readonly code: string }): boolean =>
    code.includes('export default defineConfig(')
  const code = fencedCode(readme, 'ts').filter(block => !isConfig(block))
  const configs = fencedCode(readme, 'ts').filter(isConfig)
  it('has code to run', () => {
    expect(code.length).toBeGreaterThanOrEqual(2)
  })

  it.each(code)('the code at line $line runs as it stands', async ({ line, code }) => {
    const file = join(place, `block-${line}.ts`)
    await writeFile(file, code)
    const { stdout, stderr } = await run(process.execPath, ['--conditions=development', file], { cwd: place })
    expect(stderr).not.toMatch(/error/i)
    expect(stdout).not.toBe('')
    expect(stdout).toMatch(/distinct words|^100 \{|π ≈ 3\.1|orders: 1, revenue: 3 |^0 bad orders|^\d+ names/)
  })

  it.each(configs)('the configuration at line $line is right', async ({ line, code }) => {
    const file = join(place, `config-${line}`, 'dunlin.config.ts')
    await mkdir(dirname(file))
    await writeFile(file, code)
    const { config } = await readConfig(dirname(file))
    expect(config.engine).toBe('aws-local')
  })

  it('names the commands that exist', async () => {
    const { stdout } = await run(process.execPath, [
      '--conditions=development',
      'src/cli/dunlin.ts',
      '--help',
    ])
    for (const [, verb] of readme.matchAll(/^npx dunlin (\w+)/gm))
      expect(stdout).toMatch(new RegExp(`^\\s+${verb}\\b`, 'm'))
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script)
  })
})
