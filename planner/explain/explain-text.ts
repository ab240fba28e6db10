/** `explain`: a plan as people read it, with estimates beside it. */
import {
  type FunctionRef,
  type OperatorSpec,
  operatorText,
  type Partitioning,
  sortKeyText,
} from '../../operators/index.ts'
import type { Facts } from '../facts.ts'
import { producerGroups } from '../merge-shape.ts'
import type { Planned, Split, Stage, StageId, StageInput } from '../physical.ts'
import type { SkipPolicy } from '../skip-policy.ts'
import { inputsOfTree, isBroadcast } from '../stage-task.ts'
import { basisText, type Estimate, estimatePlan, type StageEstimate } from './estimate.ts'
import { bytesText, countText, dollarsText, secondsText, spanCountText, spanText } from './quantities.ts'
import { labelled } from './wrap.ts'

/** Wide enough for the longest label and a space. */
const LABEL_WIDTH = 10
const HASH_SHOWN = 12

function line(label: string, text: string): string[] {
  return labelled(`  ${label}`.padEnd(LABEL_WIDTH), text)
}

function objectsOf(splits: readonly Split[] | null | undefined): number {
  let objects = 0
  // Every object that has a byte is started exactly once.
  for (const { ranges } of splits ?? []) for (const range of ranges) if (range.start === 0) objects++
  return objects
}

function inputText(input: StageInput, splits: readonly Split[] | null | undefined): string {
  if (input.kind === 'exchange') {
    if (isBroadcast(input)) return `stage ${input.from}, all of it in every task`
    const { from, partitions, merge, merged } = input
    const slices = merge === undefined ? '' : `, of ${countText(merge.producers, 'producer')} each`
    return `stage ${from}, ${countText(partitions, 'partition')}${merged === undefined ? slices : ', merged'}`
  }
  const { source, format, fraction, bytes, tasks } = input
  const cuts = countText(tasks, 'split')
  if (format.format === 'range') return `${source} · ${cuts}`
  if (fraction !== undefined) {
    const part = `${bytesText(bytes)}, 1/${Math.round(1 / fraction)} of it, evenly spread`
    return `${format.format} ${source} · ${part} · ${cuts}`
  }
  const files = countText(objectsOf(splits), 'file')
  return `${format.format} ${source} · ${files}, ${bytesText(bytes)} · ${cuts}`
}

function partitioningText(partitioning: Partitioning): string {
  switch (partitioning.kind) {
    case 'none':
      return 'each task its own partition'
    case 'gather':
      return 'all rows into one partition'
    case 'broadcast':
      return 'all rows to every task'
    case 'hash': {
      const { keys, partitions } = partitioning
      return `hash of ${keys === 'all' ? 'all columns' : keys.join(', ')} into ${countText(partitions, 'partition')}`
    }
    case 'range': {
      const { keys, partitions, replicate } = partitioning
      const by = keys.length === 0 ? 'in order' : `ranges by ${keys.map(sortKeyText).join(', ')}`
      const all = replicate === undefined ? '' : ', rows to all that have their key'
      return `${by} into ${countText(partitions, 'partition')}${all}`
    }
  }
}

function functionsOf(spec: OperatorSpec): readonly FunctionRef[] {
  switch (spec.op) {
    case 'rows':
    case 'asyncRows':
      return spec.steps.map(step => step.fn)
    case 'mapBatches':
      return [spec.fn]
    case 'addColumns':
      return spec.columns.map(column => column.fn)
    default:
      return []
  }
}

/** Where the functions stand in the user's source, each place once. */
function placesText(spec: OperatorSpec): string {
  const places = new Set(functionsOf(spec).flatMap(({ at }) => (at === undefined ? [] : [at])))
  return places.size === 0 ? '' : ` (${[...places].join(', ')})`
}

/** Operators in the order in which a record meets them; the inputs of a union or join each under its own heading. */
function operatorLines(spec: OperatorSpec, inputs: string): string[] {
  switch (spec.op) {
    case 'input':
      return line('', `${inputs}${spec.input}`)
    case 'union':
      return [...spec.inputs.flatMap(input => operatorLines(input, 'input ')), ...line('', 'Union of these')]
    case 'join':
      return [
        ...spec.inputs.flatMap(input => operatorLines(input, 'input ')),
        ...line('', operatorText(spec)),
      ]
    default:
      return [...operatorLines(spec.input, inputs), ...line('', operatorText(spec) + placesText(spec))]
  }
}

function doLines(stage: Stage): string[] {
  if (stage.inputs.some(input => input.kind === 'exchange' && input.merge !== undefined)) {
    return line('do', 'merge slices, in the order of their producers')
  }
  // With one input there is nothing to tell apart: only the operators are worth a line.
  const lines = operatorLines(stage.root, 'input ')
  const shown = inputsOfTree(stage.root).length > 1 ? lines : lines.slice(1)
  const [first, ...others] = shown
  return first === undefined ? line('do', 'nothing but pass on') : [first.replace(/^ {4}/, '  do'), ...others]
}

function giveText(stage: Stage, readers: ReadonlyMap<StageId, readonly StageId[]>): string {
  const { output } = stage
  switch (output.kind) {
    case 'write':
      return `${output.format} ${output.uri} · ${countText(stage.tasks, 'part')}`
    case 'result':
      return 'the result'
    case 'exchange': {
      const to = readers.get(stage.id) ?? []
      const what =
        output.merged === undefined
          ? partitioningText(output.partitioning)
          : `the same ${countText(output.partitions, 'partition')}, ${countText(producerGroups(output.merged), 'slice')} each`
      return `${what} → ${to.length === 1 ? 'stage' : 'stages'} ${to.join(', ')}`
    }
  }
}

function estimateText({ bytesRead, gets, puts, lists, seconds, dollars }: Estimate): string {
  const requests = [spanCountText(gets, 'GET'), spanCountText(puts, 'PUT')]
  if (lists.most > 0) requests.push(spanCountText(lists, 'LIST'))
  return [
    `${bytesText(bytesRead)} read`,
    requests.join(', '),
    spanText(seconds, secondsText),
    spanText(dollars, dollarsText),
  ].join(' · ')
}

function stageLines(
  stage: Stage,
  planned: Planned,
  readers: ReadonlyMap<StageId, readonly StageId[]>,
  estimate: StageEstimate,
): string[] {
  const splits = planned.splits.get(stage.id) ?? []
  const early = stage.until === undefined ? '' : ` · until ${countText(stage.until.rows, 'row')} are there`
  const inputs = new Set(inputsOfTree(stage.root))
  // What the operators do not read says how to divide what they give.
  const label = (i: number): string => (!inputs.has(i) ? 'divide' : inputs.size > 1 ? `input ${i}` : 'read')
  return [
    `stage ${stage.id} · ${countText(stage.tasks, 'task')} of ${stage.memoryMb} MB${early}`,
    ...stage.inputs.flatMap((input, i) => line(label(i), inputText(input, splits[i]))),
    ...doLines(stage),
    ...line('give', giveText(stage, readers)),
    ...(planned.notes?.get(stage.id) ?? []).flatMap(note => line('note', note)),
    ...line('about', estimateText(estimate)),
  ]
}

function readersOf(stages: readonly Stage[]): ReadonlyMap<StageId, readonly StageId[]> {
  const readers = new Map<StageId, StageId[]>()
  for (const stage of stages) {
    const froms = new Set(stage.inputs.flatMap(input => (input.kind === 'exchange' ? [input.from] : [])))
    for (const from of froms) {
      const known = readers.get(from)
      if (known === undefined) readers.set(from, [stage.id])
      else known.push(stage.id)
    }
  }
  return readers
}

/** One for the whole job: every stage has the same policy. */
function onErrorLines(policy: SkipPolicy | undefined): string[] {
  if (policy === undefined) return []
  const { tolerate, deadLetters } = policy
  const most =
    tolerate === 1 ? '' : `, up to ${Number((tolerate * 100).toPrecision(12))} % of what a stage reads`
  const into = deadLetters === undefined ? "the job's own directory" : deadLetters.uri
  return labelled('on error'.padEnd(LABEL_WIDTH), `bad records are skipped${most} · dead letters to ${into}`)
}

/**
 * The plan for people, no line wider than 78 columns. Times and sums are estimates from sizes and the engine's facts.
 */
export function explainText(planned: Planned, facts: Pick<Facts, 'engine'>): string {
  const { stages, waves, fingerprint } = planned.plan
  const { engine } = facts
  const estimates = estimatePlan(planned, engine)
  const readers = readersOf(stages)
  const tasks = stages.reduce((sum, stage) => sum + stage.tasks, 0)
  const heading = [
    countText(stages.length, 'stage'),
    countText(waves.length, 'wave'),
    countText(tasks, 'task'),
    `engine ${engine.name}`,
    `plan ${fingerprint.slice(0, HASH_SHOWN)}`,
  ]
  return [
    ...labelled('', heading.join(' · ')),
    ...onErrorLines(stages[0]?.onError),
    ...stages.flatMap(stage => ['', ...stageLines(stage, planned, readers, estimates.stages.get(stage.id)!)]),
    '',
    ...labelled('waves'.padEnd(LABEL_WIDTH), waves.map(wave => wave.join(' ')).join(' → ')),
    ...labelled('total'.padEnd(LABEL_WIDTH), `about ${estimateText(estimates.total)}`),
    ...labelled('', basisText(engine)),
    '',
  ].join('\n')
}
