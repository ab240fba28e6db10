/** A stage's operator tree at work: batches go in at its inputs and come out at its root. */
import {
  type Batch,
  type BreakerEnv,
  type BreakerSpec,
  type ChainSpec,
  createBreaker,
  createChain,
  DunlinError,
  type OperatorSpec,
  operatorText,
  type PipelineBreaker,
} from '../../operators/index.ts'
import { ChainLink } from './chain-link.ts'
import type { DeadLetters } from './dead-letters.ts'

export interface Pipeline {
  /** The inputs in the order in which they have to be given: all of one, then the next (a join's table comes first). */
  readonly order: readonly number[]
  push(input: number, batch: Batch): Promise<void>
  /** After the last batch of an input. */
  end(input: number): Promise<void>
  /** Nothing more comes of what is pushed at this input: a limit above it is reached. */
  done(input: number): boolean
  /** Removes what operators have kept outside of memory. Never throws. */
  close(): Promise<void>
}

/** Takes batches and passes on what becomes of them; what it returns resolves when it can take more. */
export interface Link {
  push(batch: Batch): void | Promise<void>
  end(): void | Promise<void>
  readonly done: boolean
}

export interface PipelineOptions {
  readonly env: BreakerEnv
  /** Counted bytes that each breaker may hold; `env.budgetBytes` is for the operators of chains. */
  readonly shareBytes: number
  /** Calls in flight for async functions. */
  readonly concurrency: number
  /** Where bad records are skipped. */
  readonly letters?: Pick<DeadLetters, 'box'>
}

/** One input of a breaker. The end of its last input is the end of all that it gives. */
class BreakerLink implements Link {
  readonly #breaker: PipelineBreaker
  readonly #input: number
  readonly #next: Link
  readonly #emit = (batch: Batch): void | Promise<void> => {
    if (batch.length > 0) return this.#next.push(batch)
  }

  constructor(breaker: PipelineBreaker, input: number, next: Link) {
    this.#breaker = breaker
    this.#input = input
    this.#next = next
  }

  get done(): boolean {
    return this.#next.done
  }

  push(batch: Batch): void | Promise<void> {
    return this.#breaker.push(this.#input, batch, this.#emit)
  }

  async end(): Promise<void> {
    await this.#breaker.end(this.#input, this.#emit)
    if (this.#input === this.#breaker.order.at(-1)) await this.#next.end()
  }
}

/** The breaker that an operator is, if it is one: what has phases is one unless it is `partial`. */
function asBreaker(spec: OperatorSpec): BreakerSpec | null {
  switch (spec.op) {
    case 'sort':
    case 'top':
    case 'join':
      return spec
    case 'aggregate':
    case 'distinctBy':
      return spec.phase === 'partial' ? null : spec
    default:
      return null
  }
}

/** Breakers of a tree: what shares the memory of a task. */
export function breakersOf(spec: OperatorSpec): number {
  const own = asBreaker(spec) === null ? 0 : 1
  return inputsOf(spec).reduce((sum, input) => sum + breakersOf(input), own)
}

function inputsOf(spec: OperatorSpec): readonly OperatorSpec[] {
  if (spec.op === 'input') return []
  return 'inputs' in spec ? spec.inputs : [spec.input]
}

/** Operators that call user functions: each stands at the head of a chain, so that promises can be awaited there. */
const callsFunctions = (spec: OperatorSpec): boolean =>
  spec.op === 'rows' || spec.op === 'asyncRows' || spec.op === 'mapBatches'

/**
 * Builds the links of an operator tree.
 *
 * @param root the tree of this very task (`rootOfTask`), in which no union is left
 * @param output takes what comes out of the root, one batch after another
 */
export function buildPipeline(
  root: OperatorSpec,
  options: PipelineOptions,
  output: (batch: Batch) => void | Promise<void>,
): Pipeline {
  const inputs = new Map<number, Link>()
  const breakers: PipelineBreaker[] = []

  const build = (spec: OperatorSpec, next: Link): void => {
    if (spec.op === 'input') {
      inputs.set(spec.input, next)
      return
    }
    if (spec.op === 'union') {
      throw new DunlinError(
        'INTERNAL',
        'a task was given the operators of a union, not those of its own branch',
      )
    }
    const breaker = asBreaker(spec)
    if (breaker !== null) buildBreaker(breaker, next)
    else {
      const { chain, below, waits } = chainDownFrom(spec as ChainTop)
      const { concurrency } = options
      const bad = options.letters === undefined ? {} : { bad: options.letters.box() }
      const link = new ChainLink(createChain(chain, { ...options.env, ...bad }), next, {
        concurrency,
        waits,
        ...bad,
      })
      build(below, link)
    }
  }

  const buildBreaker = (spec: BreakerSpec, next: Link): void => {
    const breaker = createBreaker(spec, { ...options.env, budgetBytes: options.shareBytes })
    breakers.push(breaker)
    // Where nothing was exchanged, rows become states in the same task.
    const below =
      (spec.op === 'aggregate' || spec.op === 'distinctBy') && spec.phase === 'complete'
        ? [{ ...spec, phase: 'partial' as const }]
        : inputsOf(spec)
    for (const input of breaker.order) build(below[input]!, new BreakerLink(breaker, input, next))
  }

  build(root, { push: output, end: () => undefined, done: false })

  const at = (input: number): Link => {
    const link = inputs.get(input)
    if (link === undefined)
      throw new DunlinError('INTERNAL', `${operatorText(root)} does not read input ${input}`)
    return link
  }
  return {
    order: [...inputs.keys()],
    push: async (input, batch) => at(input).push(batch),
    end: async input => at(input).end(),
    done: input => at(input).done,
    async close() {
      for (const breaker of breakers) await breaker.close()
    },
  }
}

type ChainTop = Exclude<OperatorSpec, ChainEnd>
type ChainEnd = Extract<OperatorSpec, { op: 'input' | 'union' | 'join' | 'sort' | 'top' }>

/** Whatever its phase; of what has phases, `asBreaker` tells. */
function neverInChain(spec: OperatorSpec): spec is ChainEnd {
  const { op } = spec
  return op === 'input' || op === 'union' || op === 'join' || op === 'sort' || op === 'top'
}

/** The longest chain that ends at `top`: down to an input, a breaker, or a function that may return promises. */
function chainDownFrom(top: ChainTop): {
  readonly chain: readonly ChainSpec[]
  readonly below: OperatorSpec
  /** It starts with functions that are declared async. */
  readonly waits: boolean
} {
  const chain: ChainSpec[] = []
  let spec: OperatorSpec = top
  while (!neverInChain(spec)) {
    if (asBreaker(spec) !== null) break
    chain.unshift(spec.op === 'asyncRows' ? { ...spec, op: 'rows' } : spec)
    const head = spec
    spec = spec.input
    if (callsFunctions(head)) return { chain, below: spec, waits: head.op === 'asyncRows' }
  }
  return { chain, below: spec, waits: false }
}
