/** A driver process: runs or resumes one job after another as it is told, with worker processes, until it is killed. */
import { join } from 'node:path'
import { DunlinError, type JobEvent, local } from 'dunlin'
import { resumeJob } from '../../src/engine/resume.ts'
import type { DriverEnd, DriverSettings, FromDriver, ToDriver } from './driver-message.ts'
import { killJob } from './kill-jobs.ts'

const { directory, lapseMs } = JSON.parse(process.argv[2]!) as DriverSettings
const engine = {
  ...local({ directory: join(directory, 'store'), base: directory, workers: 2, isolation: 'process' }),
  lapseMs,
}
const send = (message: FromDriver): void => void process.send?.(message)
const onEvent = (event: JobEvent): void => send({ event: event.type })

async function obey(told: Exclude<ToDriver, { verb: 'leave' }>): Promise<void> {
  if (told.verb === 'run') {
    const { name } = told
    await killJob(name, { ...told, inputs: join(directory, 'inputs') }).run({ engine, onEvent, name })
  } else {
    const job = await resumeJob(told.job, { engine, onEvent })
    await job.discard()
  }
}

const failed = (error: unknown): DriverEnd => ({
  state: 'failed',
  code: error instanceof DunlinError ? error.code : 'not a DunlinError',
  message: error instanceof Error ? error.message : String(error),
})

process.on('message', (message: ToDriver) => {
  if (message.verb === 'leave') {
    void engine.close().then(() => process.disconnect())
  } else {
    obey(message).then(
      () => send({ end: { state: 'succeeded' } }),
      (error: unknown) => send({ end: failed(error) }),
    )
  }
})
process.on('disconnect', () => process.exit())
engine.compute.warm?.()
send({ ready: true })
