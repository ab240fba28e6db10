/** A job's report as people read it. Pure. */
import type { JobReport } from '../events/job-event.ts'
import { failureLines } from './failures-text.ts'
import { type Palette, PLAIN } from './palette.ts'
import { bytesText, dollarsText, durationText, gbSecondsText, plural, wholeText } from './quantity-text.ts'

function requestsText({ gets, puts, lists, deletes }: JobReport['requests']): string {
  const seldom = [
    ...(lists > 0 ? [plural(lists, 'list')] : []),
    ...(deletes > 0 ? [plural(deletes, 'delete')] : []),
  ]
  return [plural(gets, 'get'), plural(puts, 'put'), ...seldom].join(', ')
}

function costText(cost: NonNullable<JobReport['cost']>): string {
  const { dollars, gbSeconds, guessedGbSeconds, invocations, priced } = cost
  const waited = guessedGbSeconds > 0 ? ` (${gbSecondsText(guessedGbSeconds)} of it as waited for here)` : ''
  const used = `${gbSecondsText(gbSeconds)}${waited} in ${plural(invocations, 'invocation')}`
  return `${dollarsText(dollars)}: ${used}; prices of ${priced}`
}

export function reportText(report: JobReport, palette: Palette = PLAIN): string {
  const { retries, requests, counters, invalidText } = report
  const mark = { succeeded: palette.good('✔'), failed: palette.bad('✖'), cancelled: palette.warn('■') }[
    report.state
  ]
  const lines = [`${mark} ${palette.bold(report.name)} ${report.state} in ${durationText(report.wallMs)}`]
  const line = (label: string, text: string) => lines.push(`  ${palette.dim(label.padEnd(8))} ${text}`)
  const again = retries > 0 ? `, ${plural(retries, 'retry').replace(/retrys$/, 'retries')}` : ''
  const twice = report.extra > 0 ? `, ${wholeText(report.extra)} started twice` : ''
  line('tasks', `${wholeText(report.tasks)} in ${plural(report.stages.length, 'stage')}${again}${twice}`)
  for (const [i, text] of failureLines(report.failures).entries()) line(i === 0 ? 'failures' : '', text)
  line('read', bytesText(report.bytesRead))
  line('written', bytesText(report.bytesWritten))
  if (report.bytesSpilled > 0) line('spilled', bytesText(report.bytesSpilled))
  if (report.peakMemoryBytes > 0) line('memory', `${bytesText(report.peakMemoryBytes)} a worker at most`)
  line('requests', requestsText(requests))
  if (report.cost !== undefined) line('cost', costText(report.cost))
  for (const { uri, parts, rows, bytes } of report.outputs) {
    line('output', `${uri}: ${plural(rows, 'row')}, ${bytesText(bytes)} in ${plural(parts, 'part')}`)
  }
  if (report.skippedRecords > 0) {
    const into = report.deadLetters === undefined ? '' : `; dead letters: ${report.deadLetters.uri}`
    line('skipped', `${plural(report.skippedRecords, 'bad record')}${into}`)
  }
  for (const [name, value] of Object.entries(counters)) line('counter', `${name} ${wholeText(value)}`)
  if (invalidText > 0) {
    line(
      'remark',
      `${plural(invalidText, 'invalid UTF-8 sequence')} read as U+FFFD; onInvalid: 'fail' refuses them`,
    )
  }
  line('job', report.job)
  return lines.join('\n')
}
