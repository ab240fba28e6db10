/** The live display as text: lines of at most `width` columns for what is known at `now`. Pure. */
import { type Palette, PLAIN } from '../palette.ts'
import { bytesText, countText, durationText, plural } from '../quantity-text.ts'
import type { JobProgress, StageProgress } from './progress-model.ts'
import { fitText, textWidth } from './text-width.ts'

export interface DisplayOptions {
  /** Columns of the terminal; no line takes more. */
  readonly width: number
  /** Rows of the terminal; where two lines a stage are too many, finished and waiting stages are folded. */
  readonly height: number
  /** Milliseconds since 1970. */
  readonly now: number
  readonly palette?: Palette
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const SPINNER_MS = 100
const WIDEST_BAR = 24
const NARROWEST_BAR = 4

export function progressLines(progress: JobProgress, options: DisplayOptions): string[] {
  const { height } = options
  const head = headLine(progress, options)
  const full = progress.stages.flatMap(s => [titleLine(s, progress, options), barLine(s, options)])
  if (full.length + 1 < height) return [head, ...full]
  return [head, ...foldedLines(progress, options)].slice(0, Math.max(1, height - 1))
}

function headLine(progress: JobProgress, { width, now, palette = PLAIN }: DisplayOptions): string {
  const end = progress.finishedAt === 0 ? now : progress.finishedAt
  const name = fitText(progress.name === '' ? 'job' : progress.name, width)
  const rest = fitText(
    [progress.engine, durationText(end - progress.startedAt)].map(part => ` · ${part}`).join(''),
    width - textWidth(name),
  )
  return palette.bold(name) + palette.dim(rest)
}

function titleLine(stage: StageProgress, progress: JobProgress, options: DisplayOptions): string {
  const { palette = PLAIN, width } = options
  const title = fitText(stage.title, width - 2)
  return within(
    `${mark(stage, progress, options)} ${stage.state === 'waiting' ? palette.dim(title) : title}`,
    options,
  )
}

function mark(stage: StageProgress, progress: JobProgress, { now, palette = PLAIN }: DisplayOptions): string {
  if (stage.state === 'finished') return palette.good('✔')
  if (stage.state === 'waiting') return palette.dim('·')
  if (progress.state === 'failed') return palette.bad('✖')
  if (progress.state === 'cancelled' || progress.state === 'interrupted') return palette.warn('■')
  return palette.accent(SPINNER[Math.floor(now / SPINNER_MS) % SPINNER.length]!)
}

/** The bar, then as many of the figures as fit, the most telling first. */
function barLine(stage: StageProgress, options: DisplayOptions): string {
  const { width, now, palette = PLAIN } = options
  const parts = figures(stage, now)
  const barWidth = Math.min(WIDEST_BAR, Math.floor(width / 3) - 2)
  const bar = barWidth < NARROWEST_BAR ? '' : `  ${barText(stage, barWidth, palette)} `
  const room = width - (bar === '' ? 2 : barWidth + 3)
  let text = ''
  for (const part of parts) {
    const longer = text === '' ? part : `${text} · ${part}`
    if (textWidth(longer) > room) break
    text = longer
  }
  return within((bar === '' ? '  ' : bar) + (stage.state === 'running' ? text : palette.dim(text)), options)
}

function barText(stage: StageProgress, width: number, palette: Palette): string {
  const tasks = Math.max(1, stage.tasks)
  const done = Math.floor((Math.min(stage.done, tasks) / tasks) * width)
  const begun = Math.min(width, Math.ceil((Math.min(stage.done + stage.running, tasks) / tasks) * width))
  const colour = stage.state === 'finished' ? palette.good : palette.accent
  return colour('━'.repeat(done)) + colour('╍'.repeat(begun - done)) + palette.dim('─'.repeat(width - begun))
}

function figures(stage: StageProgress, now: number): string[] {
  const tasks = `${stage.done}/${stage.tasks} tasks`
  if (stage.state === 'waiting') return [plural(stage.tasks, 'task')]
  const failed = stage.failed > 0 ? [`${stage.failed} failed`] : []
  if (stage.state === 'finished') {
    const rows = `${countText(stage.rowsOut)} ${stage.rowsOut === 1 ? 'row' : 'rows'} out`
    return [
      tasks,
      ...failed,
      durationText(stage.finishedAt - stage.startedAt),
      rows,
      bytesText(stage.bytesIn),
    ]
  }
  const elapsedMs = Math.max(1, now - stage.startedAt)
  const left =
    stage.done === 0 || stage.running === 0 || stage.indexing
      ? []
      : [`ETA ${durationText((elapsedMs / stage.done) * (stage.tasks - stage.done))}`]
  const rates =
    stage.done === 0
      ? []
      : [`${countText((stage.rowsIn / elapsedMs) * 1000)} rows/s`, bytesText(stage.bytesIn)]
  const doing = stage.indexing ? 'writing the index' : `${stage.running} running`
  return [tasks, ...failed, doing, ...left, ...rates]
}

/** One line for what is over, one for what waits; two for each running stage, as long as there is room. */
function foldedLines(progress: JobProgress, options: DisplayOptions): string[] {
  const { palette = PLAIN } = options
  const of = (state: StageProgress['state']) => progress.stages.filter(s => s.state === state)
  const finished = of('finished').length
  const waiting = of('waiting').length
  return [
    ...(finished === 0
      ? []
      : [within(`${palette.good('✔')} ${plural(finished, 'stage')} finished`, options)]),
    ...of('running').flatMap(s => [titleLine(s, progress, options), barLine(s, options)]),
    ...(waiting === 0 ? [] : [within(palette.dim(`· ${plural(waiting, 'stage')} waiting`), options)]),
  ]
}

/** The last guard against wrapping, for terminals too narrow for anything: colours go before text does. */
function within(line: string, { width }: DisplayOptions): string {
  if (textWidth(line) <= width) return line
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is taken out
  return fitText(line.replace(/\u001b\[[0-9;]*m/g, ''), width)
}
