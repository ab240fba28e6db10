/** Shows a job's events as they come: a live display on a terminal, plain lines elsewhere, nothing when quiet. */
import type { JobEvent } from '../../events/job-event.ts'
import { paletteOf } from '../palette.ts'
import { eventText, remarkText } from './event-text.ts'
import { advanceProgress, NO_PROGRESS } from './progress-model.ts'
import { progressLines } from './progress-text.ts'

export interface ProgressDisplay {
  onEvent(event: JobEvent): void
  /** Leaves the last state standing. Called once no more events come, after an error too. */
  close(): void
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream
  readonly show: 'auto' | 'nothing'
  /** Whether lines end with that of a job that succeeded (`told`, the default), or its report follows anyway. */
  readonly success?: 'told' | 'reported'
}

const REDRAW_MS = 100

export async function showProgress({
  stream,
  show,
  success = 'told',
}: ProgressOptions): Promise<ProgressDisplay> {
  if (show === 'nothing') return { onEvent: () => {}, close: () => {} }
  const isLive = stream.isTTY === true && process.env['TERM'] !== 'dumb'
  return isLive ? liveDisplay(stream) : plainDisplay(stream, success)
}

function plainDisplay(stream: NodeJS.WriteStream, success: 'told' | 'reported'): ProgressDisplay {
  let progress = NO_PROGRESS
  return {
    onEvent(event) {
      progress = advanceProgress(progress, event)
      if (success === 'reported' && event.type === 'jobFinished' && event.state === 'succeeded') return
      const line = eventText(progress, event)
      if (line !== undefined) stream.write(`${line}\n`)
    },
    close() {},
  }
}

async function liveDisplay(stream: NodeJS.WriteStream): Promise<ProgressDisplay> {
  const { createLogUpdate } = await import('log-update')
  const update = createLogUpdate(stream)
  const palette = paletteOf(stream)
  let progress = NO_PROGRESS
  let drawing = false

  const draw = (): void => {
    const { columns: width = 80, rows: height = 24 } = stream
    // The last column stays free: some terminals wrap when it is written.
    update(progressLines(progress, { width: width - 1, height, now: Date.now(), palette }).join('\n'))
  }
  const ticking = setInterval(() => drawing && draw(), REDRAW_MS).unref()
  const stop = (): void => {
    if (!drawing) return
    drawing = false
    draw()
    update.done()
  }

  return {
    onEvent(event) {
      progress = advanceProgress(progress, event)
      if (event.type === 'jobStarted') drawing = true
      const remark = remarkText(progress, event)
      if (remark !== undefined) update.persist(remark)
      if (event.type === 'jobFinished') stop()
    },
    close() {
      clearInterval(ticking)
      stop()
    },
  }
}
