/** Cuts a draft into stages: one for the rows before each exchange and one for each output. */
import { DunlinError, type OperatorSpec, operatorText } from '../operators/index.ts'
import type { Draft, DraftNode, DraftOutput, ExchangeDraft, ScanDraft } from './draft/draft.ts'
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
  readonly #ids = new Map<ExchangeDraft, StageId>()
  readonly #stages: Stage[] = []
  readonly #splits = new Map<StageId, readonly (readonly Split[] | null)[]>()
  readonly #notes = new Map<StageId, readonly string[]>()

  constructor(options: PlanOptions) {
    this.#options = options
  }

  cut(draft: Draft): CutStages {
    for (const [i, output] of draft.outputs.entries()) {
      for (const node of draftNodes({ outputs: [output] })) {
        if (node.kind === 'exchange' && !this.#ids.has(node)) this.#ids.set(node, this.#exchangeStage(node))
      }
      this.#outputStage(output, i)
    }
    return { stages: this.#stages, splits: this.#splits, notes: this.#notes }
  }

  #exchangeStage(exchange: ExchangeDraft): StageId {
    const { partitioning, tasks: partitions } = exchange
    return this.#add(exchange.inputs[0]!, { kind: 'exchange', partitioning, partitions }, [exchange.note])
  }

  #outputStage({ output, root, until }: DraftOutput, index: number): void {
    const to: StageOutput =
      output.kind === 'result'
        ? { kind: 'result', output: index }
        : { kind: 'write', output: index, uri: output.uri, format: output.format, mode: output.mode }
    this.#add(root, to, [], until)
  }

  #add(root: DraftNode, output: StageOutput, notes: string[], until?: { readonly rows: number }): StageId {
    const id = this.#stages.length as StageId
    if (root.tasks > MAX_TASKS) tooManyTasks(`stage ${id}`)
    const parts: Parts = { inputs: [], splits: [], notes, titles: [], resources: NO_RESOURCES, concat: false }
    const spec = this.#spec(root, parts)
    if (output.kind === 'write') parts.titles.push(`Write ${output.format}`)
    if (output.kind === 'result') parts.titles.push('Result')
    const { memoryMb, timeoutMs, concurrency } = parts.resources
    const options = this.#options
    this.#stages.push({
      id,
      title: shortened(parts.titles.join(' → ')),
      inputs: parts.inputs,
      layout: parts.concat ? 'concat' : 'zip',
      tasks: root.tasks,
      root: spec,
      output,
      ...(until === undefined ? {} : { until }),
      memoryMb: memoryMb ?? options.memoryMb ?? DEFAULT_MEMORY_MB,
      timeoutMs: timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      concurrency: concurrency ?? options.concurrency ?? DEFAULT_CONCURRENCY,
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
      case 'union': {
        parts.concat = true
        const branches = node.inputs.map(input => {
          const branch: Parts = { ...parts, titles: [] }
          const spec = this.#spec(input, branch)
          parts.resources = branch.resources
          return { spec, title: branch.titles.join(' → ') }
        })
        const spec: OperatorSpec = { op: 'union', inputs: branches.map(branch => branch.spec) }
        const titles = new Set(branches.map(branch => branch.title || 'Read'))
        parts.titles.push(`Union(${[...titles].join(' | ')})`)
        return spec
      }
    }
  }

  #scanInput({ source, format, cut, columns, note }: ScanDraft, parts: Parts): OperatorSpec {
    const input = parts.inputs.length
    parts.inputs.push({
      kind: 'splits',
      source,
      format,
      ...(columns === undefined ? {} : { columns }),
      tasks: cut.splits.length,
      bytes: cut.bytes,
      listing: cut.listing,
    })
    parts.splits.push(cut.splits)
    parts.titles.push(`Scan ${format.format}`)
    if (note !== undefined) parts.notes.push(note)
    return { op: 'input', input }
  }

  #exchangeInput(node: ExchangeDraft, parts: Parts): OperatorSpec {
    const from = this.#ids.get(node)
    if (from === undefined) throw new DunlinError('INTERNAL', 'a stage was cut before one that it reads')
    const input = parts.inputs.length
    parts.inputs.push({ kind: 'exchange', from, partitions: node.tasks, partitioning: node.partitioning })
    parts.splits.push(null)
    return { op: 'input', input }
  }
}

/** Every exchange ends a stage and every output is one; nothing else cuts. */
export function cutStages(draft: Draft, options: PlanOptions): CutStages {
  return new StageCutter(options).cut(draft)
}
