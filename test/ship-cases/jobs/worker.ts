import { Worker } from 'node:worker_threads'
import { same } from './same.ts'

const worker = new Worker('setTimeout(() => {}, 100)', { eval: true })
worker.unref()

await same(() => worker.threadId)
