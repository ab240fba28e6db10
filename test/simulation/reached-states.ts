/** Which states of job, stages and tasks an event says were reached. */
import type { JobEvent } from '../../src/events/job-event.ts'

export function statesReached(event: JobEvent): readonly string[] {
  switch (event.type) {
    case 'jobStarted':
      return ['job running', 'stage blocked']
    case 'stagesAdded':
      return ['job grown']
    case 'stageStarted':
      return ['stage running', 'task pending']
    case 'taskStarted':
      if (event.isExtra) return ['task running twice']
      if (event.memoryMb !== undefined) return ['task with more memory']
      return [event.attempt === 1 ? 'task running' : 'task running again']
    case 'taskCommitted':
      return ['task committed']
    case 'taskFailed':
      return [event.retryInMs === null ? 'task failed' : 'task waiting']
    case 'taskRemade':
      if (event.others !== undefined) return ['tasks made again together']
      return [event.task === null ? 'stage made again' : 'task made again']
    case 'manifestRemade':
      return ['manifest made again']
    case 'stageReused':
      return ['stage reused']
    case 'jobTakenOver':
      return ['job taken over']
    case 'jobReopened':
      return ['job reopened']
    case 'jobEnding':
      return ['job ending']
    case 'attemptCancelled':
      return ['attempt stray']
    case 'manifestStarted':
      return ['stage closing']
    case 'manifestWritten':
      return ['manifest committed']
    case 'manifestFailed':
      return [event.retryInMs === null ? 'manifest failed' : 'manifest waiting']
    case 'stageFinished':
      return ['stage finished', ...(event.skipped === undefined ? [] : ['stage finished early'])]
    case 'jobFinished':
      return [`job ${event.state}`]
    default:
      return []
  }
}
