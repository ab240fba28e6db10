/** Artefacts: what was captured ahead gives what the job itself gives. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { artefact, from, type Output, range, read, run, sum } from 'dunlin'
import { testEngine } from 'dunlin/testing'
import { afterAll, expect, it } from 'vitest'
import { writeArtefact } from '../../../src/engine/artefact.ts'

const directory = mkdtempSync(join(tmpdir(), 'dunlin-artefact-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const table = new Map(Array.from({ length: 20_000 }, (_, i) => [i, `row ${i} of the table`]))

function outputsOf(to: string): readonly Output[] {
  const shared = from([
    { n: 3, at: new Date(5) },
    { n: 4, at: new Date(6) },
  ]).map(({ n, at }) => ({
    n,
    text: table.get(n)!,
    at: at.getTime(),
  }))
  return [
    shared.write.jsonl(`${directory}/out/${to}/rows/`),
    shared
      .groupBy('n')
      .aggregate({ total: sum('n') })
      .sortBy('n')
      .write.csv(`${directory}/out/${to}/sums/`),
    range(5).write.text(`${directory}/out/${to}/numbers/`),
  ]
}

const build = (outputs: readonly Output[], name: string) =>
  writeArtefact(
    outputs.map(({ logical }) => logical),
    join(directory, name),
  )

it('what an artefact runs is what the job itself runs, fingerprint and all', async () => {
  const engine = testEngine()
  const built = await build(outputsOf('same'), 'same')
  const ahead = await run(await artefact(built.directory), { engine })
  const rows = await read.jsonl(`${directory}/out/same/rows/`).collect({ engine })
  expect(rows).toEqual([
    { n: 3, text: 'row 3 of the table', at: 5 },
    { n: 4, text: 'row 4 of the table', at: 6 },
  ])
  expect(ahead.outputs.map(output => output.rows)).toEqual([2, 2, 5])
  expect(
    readdirSync(built.directory)
      .map(name => name.replace(/^\w{64}/, '<hash>'))
      .sort(),
  ).toEqual(['<hash>.bin', '<hash>.map', '<hash>.mjs', '<hash>.plan', 'artefact.json'])
  await engine.close()
})

it('the same job gives the same artefact', async () => {
  const [a, b] = [await build(outputsOf('x'), 'a'), await build(outputsOf('x'), 'b')]
  expect(a.hash).toBe(b.hash)
  expect(a.hash).not.toBe((await build(outputsOf('y'), 'c')).hash)
})

it.each(['mjs', 'bin', 'plan'])('an artefact whose .%s was changed is refused', async ending => {
  const built = await build(outputsOf('changed'), `changed-${ending}`)
  const file = join(built.directory, readdirSync(built.directory).find(name => name.endsWith(ending))!)
  const bytes = readFileSync(file)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(file, bytes)
  await expect(artefact(built.directory)).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining(file),
  })
})

it('an artefact of another version of dunlin is refused', async () => {
  const built = await build(outputsOf('old'), 'old')
  const file = join(built.directory, 'artefact.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object
  writeFileSync(file, JSON.stringify({ ...manifest, engineVersion: '0.0.1' }))
  await expect(artefact(built.directory)).rejects.toMatchObject({
    code: 'CONFIGURATION',
    message: expect.stringContaining('was built by dunlin 0.0.1'),
  })
})

it('its functions are in no job with other functions', async () => {
  const engine = testEngine()
  const ahead = await artefact((await build(outputsOf('mixed'), 'mixed')).directory)
  const other = range(3)
    .map(n => n + 1)
    .write.text(`${directory}/out/mixed/other/`)
  await expect(run([...ahead, other], { engine })).rejects.toMatchObject({ code: 'INVALID_PLAN' })
  await engine.close()
})

it('bytes in the plan bring nothing of the memory around them', async () => {
  const other = Buffer.from('the password of somebody else')
  const mine = Buffer.from('call me Ishmael')
  const view = new Uint8Array(mine.buffer, mine.byteOffset, mine.byteLength)
  const { directory: built } = await build([from([{ view }]).write.jsonl(`${directory}/out/view/`)], 'view')
  const plan = readdirSync(built).find(name => name.endsWith('.plan'))!
  const bytes = readFileSync(join(built, plan)).toString('latin1')
  expect(bytes).toContain('call me Ishmael')
  expect(bytes).not.toContain(other.toString())
})
