/** Cuts a draft into stages: one for the rows before each exchange and one for each output. */
import {
  DunlinError,
  type OperatorSpec,
  operatorText,
  type Partitioning,
  sortKeyText,
} from '../operators/index.ts'
import type { Draft, DraftNode, DraftOutput, ExchangeDraft, JoinDraft, ScanDraft } from './draft/draft.ts'
import { NO_RESOURCES } from './draft/draft.ts'
import { largest } from './draft/resources.ts'
import { draftNodes } from './draft/rewrite.ts'
import type { Resources } from './logical.ts'
import { MAX_TASKS, tooManyTasks } from './max-tasks.ts'
import { DEFAULT_CONCURRENCY, DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT_MS, type PlanOptions } from './options.ts'
import type { Split, Stage, StageId, StageInput, StageOutput } from './physical.ts'

export interface CutStages {
  /** Every stage after those that it reads. */
  readonly stages: readonly Stage[]
  readonly splits: ReadonlyMap<StageId, readonly (readonly Split[] | null)[]>
  readonly notes: ReadonlyMap<StageId, readonly string[]>
}

/** Titles stand in every event and report: a chain of a thousand steps is named by its first ones. */
const TITLE_LENGTH = 200

function shortened(title: string): string {
  return title.length <= TITLE_LENGTH ? title : `${title.slice(0, TITLE_LENGTH - 1)}…`
}

/** An exchange whose stage has been cut. */
interface CutExchange {
  readonly from: StageId
  readonly partitioning: Partitioning
}

/** What one stage is made of, gathered on the way down to its inputs. */
interface Parts {
  readonly inputs: StageInput[]
  readonly splits: (readonly Split[] | null)[]
  readonly notes: string[]
  readonly titles: string[]
  resources: Resources
  concat: boolean
}

class StageCutter {
  readonly #options: PlanOptions
  readonly #exchanges = new Map<ExchangeDraft, CutExchange>()
  readonly #stages: Stage[] = []
  readonly #splits = new Map<StageId, readonly (readonly Split[] | null)[]>()
  readonly #notes = new Map<StageId, readonly string[]>()

  constructor(options: PlanOptions) {
    this.#options = options
  }

  cut(draft: Draft): CutStages {
    for (const [i, output] of draft.outputs.entries()) {
      for (const node of draftNodes({ outputs: [output] })) {
        if (node.kind !== 'exchange' || this.#exchanges.has(node)) continue
        this.#exchanges.set(node, this.#exchangeStage(node))
      }
      this.#outputStage(output, i)
    }
    return { stages: this.#stages, splits: this.#splits, notes: this.#notes }
  }

  #exchangeStage(exchange: ExchangeDraft): CutExchange {
    const [rows, splitters] = exchange.inputs
    const parts = this.#parts([exchange.note], exchange.resources)
    const root = this.#spec(rows!, parts)
    let { partitioning } = exchange
    if (partitioning.kind === 'range') {
      if (splitters?.kind !== 'exchange') {
        throw new DunlinError('INTERNAL', 'rows are to be divided by range, but nothing says where')
      }
      parts.titles.push(divideText(partitioning))
      // After the inputs of the operators, so that their numbers are the same with and without it.
      partitioning = { ...partitioning, splitters: parts.inputs.length }
      this.#exchangeInput(splitters, parts)
    }
    const output: StageOutput = { kind: 'exchange', partitioning, partitions: exchange.tasks }
    return { from: this.#add({ root, tasks: rows!.tasks, parts, output }), partitioning }
  }

  #outputStage({ output, root, until }: DraftOutput, index: number): void {
    const to: StageOutput =
      output.kind === 'result'
        ? { kind: 'result', output: index }
        : { kind: 'write', output: index, uri: output.uri, format: output.format, mode: output.mode }
    const parts = this.#parts([], NO_RESOURCES)
    const spec = this.#spec(root, parts)
    parts.titles.push(output.kind === 'write' ? `Write ${output.format}` : 'Result')
    this.#add({ root: spec, tasks: root.tasks, parts, output: to, until })
  }

  #parts(notes: string[], resources: Resources): Parts {
    return { inputs: [], splits: [], notes, titles: [], resources, concat: false }
  }

  #add(stage: {
    readonly root: OperatorSpec
    readonly tasks: number
    readonly parts: Parts
    readonly output: StageOutput
    readonly until?: { readonly rows: number } | undefined
  }): StageId {
    const { root, tasks, parts, output, until } = stage
    const id = this.#stages.length as StageId
    if (tasks > MAX_TASKS) tooManyTasks(`stage ${id}`)
    const { memoryMb, timeoutMs, concurrency } = parts.resources
    const options = this.#options
    this.#stages.push({
      id,
      title: shortened(parts.titles.join(' → ')),
      inputs: parts.inputs,
      layout: parts.concat ? 'concat' : 'zip',
      tasks,
      root,
      output,
      ...(until === undefined ? {} : { until }),
      memoryMb: memoryMb ?? options.memoryMb ?? DEFAULT_MEMORY_MB,
      timeoutMs: timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      concurrency: concurrency ?? options.concurrency ?? DEFAULT_CONCURRENCY,
      ...(options.onError === undefined ? {} : { onError: options.onError }),
    })
    this.#splits.set(id, Object.freeze(parts.splits))
    this.#notes.set(id, Object.freeze(parts.notes))
    return id
  }

  #spec(node: DraftNode, parts: Parts): OperatorSpec {
    if (node.kind === 'exchange') return this.#exchangeInput(node, parts)
    parts.resources = largest(parts.resources, node.resources)
    switch (node.kind) {
      case 'scan':
        return this.#scanInput(node, parts)
      case 'step': {
        const spec: OperatorSpec = { ...node.step, input: this.#spec(node.inputs[0]!, parts) }
        parts.titles.push(operatorText(spec))
        return spec
      }
      case 'join':
        return this.#joinSpec(node, parts)
      case 'union': {
        parts.concat = true
        const branches = node.inputs.map(input => this.#branch(input, parts))
        const titles = new Set(branches.map(branch => branch.title || 'Read'))
        parts.titles.push(`Union(${[...titles].join(' | ')})`)
        return { op: 'union', inputs: branches.map(branch => branch.spec) }
      }
    }
  }

  #joinSpec({ join, inputs }: JoinDraft, parts: Parts): OperatorSpec {
    const [left, right] = [this.#branch(inputs[0]!, parts), this.#branch(inputs[1]!, parts)]
    const spec: OperatorSpec = { ...join, inputs: [left.spec, right.spec] }
    parts.titles.push(`${operatorText(spec)} (${left.title || 'Read'} | ${right.title || 'Read'})`)
    return spec
  }

  /** One of several inputs: its title stands by itself, all else is the stage's. */
  #branch(input: DraftNode, parts: Parts): { readonly spec: OperatorSpec; readonly title: string } {
    const branch: Parts = { ...parts, titles: [] }
    const spec = this.#spec(input, branch)
    parts.resources = branch.resources
    parts.concat = branch.concat
    return { spec, title: branch.titles.join(' → ') }
  }

  #scanInput({ source, format, cut, columns, fraction, note }: ScanDraft, parts: Parts): OperatorSpec {
    const input = parts.inputs.length
    parts.inputs.push({
      kind: 'splits',
      source,
      format,
      ...(columns === undefined ? {} : { columns }),
      ...(fraction === undefined ? {} : { fraction }),
      tasks: cut.splits.length,
      bytes: cut.bytes,
      listing: cut.listing,
    })
    parts.splits.push(cut.splits)
    parts.titles.push(fraction === undefined ? `Scan ${format.format}` : `Scan part of ${format.format}`)
    if (note !== undefined) parts.notes.push(note)
    return { op: 'input', input }
  }

  #exchangeInput(node: ExchangeDraft, parts: Parts): OperatorSpec {
    const exchange = this.#exchanges.get(node)
    if (exchange === undefined) throw new DunlinError('INTERNAL', 'a stage was cut before one that it reads')
    const input = parts.inputs.length
    parts.inputs.push({ kind: 'exchange', partitions: node.tasks, ...exchange })
    parts.splits.push(null)
    return { op: 'input', input }
  }
}

function divideText({ keys }: Extract<Partitioning, { kind: 'range' }>): string {
  return keys.length === 0 ? 'Divide evenly' : `Divide by ${keys.map(sortKeyText).join(', ')}`
}

/** Every exchange ends a stage and every output is one; nothing else cuts. */
export function cutStages(draft: Draft, options: PlanOptions): CutStages {
  return new StageCutter(options).cut(draft)
}
