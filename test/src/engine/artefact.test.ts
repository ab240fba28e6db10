/** Artefacts: what was captured ahead gives what the job itself gives. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { artefact, type DunlinError, from, type Output, range, read, run, sum } from 'dunlin'
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

it('building again leaves nothing of the earlier artefact', async () => {
  const first = await build(outputsOf('again'), 'again')
  const before = readdirSync(first.directory)
  const second = await build([range(3).write.text(`${directory}/out/again/few/`)], 'again')
  expect(second.hash).not.toBe(first.hash)
  const after = readdirSync(second.directory)
  expect(after.map(name => name.replace(/^\w{64}/, '<hash>')).sort()).toEqual([
    '<hash>.plan',
    'artefact.json',
  ])
  expect(before).not.toContain(after.find(name => name.endsWith('.plan')))
  await expect(artefact(second.directory)).resolves.toHaveLength(1)
})

it('a directory that holds anything else is refused and left as it is', async () => {
  const used = join(directory, 'used')
  mkdirSync(used)
  for (const name of ['job.ts', 'notes.txt', 'z', 'artefact.json']) writeFileSync(join(used, name), '{}')
  await expect(build(outputsOf('used'), 'used')).rejects.toMatchObject({
    code: 'OUTPUT_NOT_EMPTY',
    message: `${used} holds what is no artefact: job.ts, notes.txt, z`,
  })
  expect(readdirSync(used)).toHaveLength(4)
  await expect(build(outputsOf('used'), 'used/notes.txt')).rejects.toMatchObject({ code: 'OUTPUT_NOT_EMPTY' })
})

it('the same job gives the same artefact', async () => {
  const [a, b] = [await build(outputsOf('x'), 'a'), await build(outputsOf('x'), 'b')]
  expect(a.hash).toBe(b.hash)
  expect(a.hash).not.toBe((await build(outputsOf('y'), 'c')).hash)
})

it.each(['mjs', 'bin', 'plan', 'map'])('an artefact whose .%s was changed is refused', async ending => {
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

/** Changes the manifest of an artefact, with a hash made anew where asked; gives its directory and file. */
async function changed(
  name: string,
  change: (manifest: Record<string, unknown>) => unknown,
  rehash: boolean,
) {
  const { directory: built } = await build(outputsOf(name), name)
  const file = join(built, 'artefact.json')
  const { hash, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  change(rest)
  const anew = createHash('sha256').update(JSON.stringify(rest)).digest('hex')
  writeFileSync(file, JSON.stringify({ ...rest, hash: rehash ? anew : hash }))
  return { built, file }
}

const FIELDS = ['code', 'map', 'data', 'plan', 'functions', 'packages', 'captured', 'warnings'] as const

it('an artefact whose facts were changed is refused, and one that was only laid out anew is not', async () => {
  const facts = await changed('facts', m => ((m.functions as { reads: string[] }[])[0]!.reads = ['n']), false)
  await expect(artefact(facts.built)).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining(facts.file),
  })
  const same = await changed('laid-out', () => {}, false)
  expect(await artefact(same.built)).toHaveLength(3)
})

it.each(FIELDS)('an artefact whose manifest has no %s, or another thing there, is refused', async field => {
  for (const [i, change] of [
    (m: Record<string, unknown>) => delete m[field],
    (m: Record<string, unknown>) => (m[field] = { '../x': 1 }),
    (m: Record<string, unknown>) => (m[field] = Array.isArray(m[field]) ? [7] : '../x'),
  ].entries()) {
    const { built, file } = await changed(`without-${field}-${i}`, change, true)
    await expect(artefact(built)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining(file),
    })
  }
})

it.each(['', '7', 'null', '[]', '{}', '{"version":1}'])('a manifest %j is refused', async text => {
  const { directory: built } = await build(outputsOf('text'), 'text')
  writeFileSync(join(built, 'artefact.json'), text)
  await expect(artefact(built)).rejects.toMatchObject({ code: 'CORRUPT' })
})

it('an artefact that names other data than its code is refused', async () => {
  const { built, file } = await changed('data', m => (m.data = []), true)
  await expect(artefact(built)).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining(file),
  })
})

it.each([
  ['objects of classes', () => [new URL('a:b')]],
  ['maps', () => [new Map([[1, 2]])]],
  ['promises', () => [Promise.resolve(1)]],
  ['two types in a column', () => [{ a: 1 }, { a: 'x' }]],
])('values that are %s are refused when it is built, as by a run', async (_, values) => {
  const engine = testEngine()
  const output = from<unknown>(values()).write.jsonl(`${directory}/out/refused/`)
  const told = (await output.run({ engine }).catch((error: unknown) => error)) as DunlinError
  expect(told.code).toBe('TYPE_MISMATCH')
  await expect(build([output], 'refused')).rejects.toMatchObject({
    code: told.code,
    message: told.message,
  })
  await engine.close()
})

it('values that look like what dunlin writes itself are values', async () => {
  const engine = testEngine()
  const rows = [{ 'dunlin:function': 0, places: [{ a: 1 }] }]
  const output = from(rows)
    .map(row => row)
    .write.jsonl(`${directory}/out/alike/`)
  await run(await artefact((await build([output], 'alike')).directory), { engine })
  expect(await read.jsonl(`${directory}/out/alike/`).collect({ engine })).toEqual(rows)
  await engine.close()
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
