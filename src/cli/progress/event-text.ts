/** A line of text for what one event says, for logs and pipes; nothing for most events. Pure. */
import type { JobEvent } from '../../events/job-event.ts'
import { bytesText, durationText, plural } from '../quantity-text.ts'
import type { JobProgress } from './progress-model.ts'

/** Failures told of one by one, a stage; the rest are only counted. */
export const FAILURES_TOLD = 10

/** `progress` is the state after the event. */
export function eventText(progress: JobProgress, event: JobEvent): string | undefined {
  switch (event.type) {
    case 'jobStarted':
      return `${event.name}: job ${event.job} on ${event.engine}, ${plural(event.stages.length, 'stage')}`
    case 'stageStarted': {
      const stage = progress.stages.find(s => s.id === event.stage)
      const bytes = stage !== undefined && stage.sourceBytes > 0 ? `, ${bytesText(stage.sourceBytes)}` : ''
      return `stage ${event.stage} started: ${plural(event.tasks, 'task')}${bytes}: ${stage?.title ?? ''}`
    }
    case 'stageFinished': {
      const stage = progress.stages.find(s => s.id === event.stage)
      if (stage === undefined) return undefined
      const failed = stage.failed > 0 ? `, ${plural(stage.failed, 'failed attempt')}` : ''
      const took = durationText(stage.finishedAt - stage.startedAt)
      return `stage ${event.stage} finished in ${took}: ${plural(stage.done, 'task')}, ${plural(event.rowsOut, 'row')} out${failed}`
    }
    case 'stageReused':
      return `stage ${event.stage} is not run: job ${event.from.job} has its ${plural(event.exchange.rows, 'row')}`
    case 'jobFinished':
      if (event.failure?.code === 'LEASE') return `another driver goes on: ${event.failure.message}`
      return `job ${event.job} ${event.state} in ${durationText(event.time - progress.startedAt)}`
    case 'stagesAdded':
      return `${plural(event.stages.length, 'more stage')}`
    case 'taskFailed':
    case 'manifestFailed':
    case 'jobTakenOver':
    case 'taskRemade':
    case 'log':
      return remarkText(progress, event)
    default:
      return undefined
  }
}

/** What is worth a line of its own beside a live display too: failures and what user functions log. */
export function remarkText(progress: JobProgress, event: JobEvent): string | undefined {
  if (event.type === 'jobTakenOver')
    return `going on with what had not committed, as driver ${event.epoch} of the job`
  if (event.type === 'taskRemade') {
    const others = Object.keys(event.others ?? {}).length
    const more = others === 0 ? '' : ` and ${plural(others, 'other')}`
    const what = event.task === null ? 'all tasks' : `task ${event.task}${more}`
    return `stage ${event.stage} ${what}: made again${event.failure === undefined ? '' : `, since ${event.failure.message}`}`
  }
  if (event.type === 'log')
    return `[stage ${event.stage} task ${event.task}] ${event.level}: ${event.message}`
  if (event.type !== 'taskFailed' && event.type !== 'manifestFailed') return undefined
  const told = progress.stages.find(s => s.id === event.stage)?.failed ?? 0
  if (told > FAILURES_TOLD) return undefined
  const then =
    event.retryInMs === null ? 'not tried again' : `tried again in ${durationText(event.retryInMs)}`
  const what = event.type === 'taskFailed' ? `task ${event.task}` : 'index'
  const line = `stage ${event.stage} ${what} attempt ${event.attempt} failed, ${then}: ${event.failure.message}`
  return told < FAILURES_TOLD
    ? line
    : `${line}\nfurther failures of stage ${event.stage} are counted, not told`
}
