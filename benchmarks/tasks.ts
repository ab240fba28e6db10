/**
 * Command: what the driver itself costs: many tasks that do nothing, planned and scheduled, none of them run.
 * `npm run bench:tasks -- --tasks 10000 --tasks 100000`
 */
import { mkdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Engine, local, read } from 'dunlin'
import { machineText } from './machine-text.ts'
import { markdownTable } from './markdown-table.ts'
import { watchMemory } from './resident-memory.ts'

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', multiple: true, default: ['1000', '10000', '100000'] },
    slots: { type: 'string', default: '1000' },
    directory: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
  },
})
const store = join(values.directory, 'tasks-store')
mkdirSync(values.directory, { recursive: true })

const rows: string[][] = []
await driven(100, 1) // What every job loads is not what is measured.
for (const tasks of values.tasks.map(Number)) rows.push(await driven(tasks, Number(values.slots)))
rmSync(store, { recursive: true, force: true })

console.log(
  `${machineText()}\n\nTasks that do nothing, ${values.slots} in flight, on a backend that answers at once.\n`,
)
const head = [
  'tasks',
  'plan ms',
  'plan µs a task',
  'run ms',
  'run µs a task',
  'CPU µs a task',
  'RSS growth MB',
]
console.log(markdownTable(head, rows))

/** A byte a task: the file is listed and cut, and never read. */
async function driven(tasks: number, slots: number): Promise<string[]> {
  const file = join(values.directory, 'tasks.txt')
  await writeFile(file, '\n'.repeat(tasks))
  const engine = idleEngine(slots)
  const watch = watchMemory()
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  let planned = began
  let committed = 0
  const found = read.text(file, { splitBytes: 1 }).rows({
    engine,
    onEvent: event => {
      if (event.type === 'jobStarted') planned = performance.now()
      if (event.type === 'taskCommitted') committed++
    },
  })
  for await (const _ of found) throw new Error('a task that does nothing gave a row')
  const ended = performance.now()
  const cpu = process.cpuUsage(cpuBefore)
  const { atStart, peak } = watch.stop()
  await engine.close()
  if (committed !== tasks) throw new Error(`${committed} tasks committed, not ${tasks}`)
  const micros = (ms: number): string => ((ms * 1000) / tasks).toFixed(1)
  return [
    String(tasks),
    (planned - began).toFixed(0),
    micros(planned - began),
    (ended - planned).toFixed(0),
    micros(ended - planned),
    ((cpu.user + cpu.system) / tasks).toFixed(1),
    ((peak - atStart) / 1e6).toFixed(0),
  ]
}

/** The local engine with a backend whose tasks are over as soon as they begin. */
function idleEngine(slots: number): Engine {
  const engine = local({ directory: store, isolation: 'inline' })
  const stats = {
    rowsIn: 0,
    rowsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    spilledBytes: 0,
    peakMemoryBytes: 0,
    gets: 0,
    puts: 0,
    durationMs: 0,
    invalidText: 0,
  }
  const idle: Engine['compute'] = {
    name: 'idle',
    slots,
    memorySizesMb: engine.compute.memorySizesMb,
    run: async ({ attempt, nonce, generation }) => ({
      ok: true,
      attempt,
      nonce,
      generation,
      exchangeRowsIn: 0,
      rowsOut: 0,
      schema: null,
      stats,
      counters: {},
      logs: [],
    }),
    close: () => engine.compute.close(),
  }
  return { ...engine, compute: idle, facts: { ...engine.facts, slots } }
}
