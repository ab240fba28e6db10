/** A stage's operator tree at work: batches go in at its inputs, come out at its root, and async functions are awaited. */
import {
  type AsyncRowsDriver,
  BATCH_ROWS,
  type Batch,
  batchBytes,
  type Chain,
  type ChainSpec,
  createChain,
  DunlinError,
  type OperatorEnv,
  type OperatorSpec,
  type Suspension,
  sliceBatch,
} from '../../operators/index.ts'

export interface Pipeline {
  /** Pushes a batch of input number `input` of the stage. */
  push(input: number, batch: Batch): Promise<void>
  /** After the last batch of all inputs. */
  finish(): Promise<void>
  /** Nothing more comes of what is pushed at this input: a limit above it is reached. */
  done(input: number): boolean
}

/** Takes batches and passes on what becomes of them; what it returns resolves when it can take more. */
interface Link {
  push(batch: Batch): void | Promise<void>
  finish(): void | Promise<void>
  readonly done: boolean
}

export interface PipelineEnv extends OperatorEnv {
  /** Calls in flight for async functions. */
  readonly concurrency: number
}

/**
 * Rows pushed at once through user functions: what they give waits in memory until the next link has taken it, so a
 * function that makes a million rows of one must not get 65,536 rows at a time. It starts low, doubles while little
 * comes out and falls when much does. Where batches end never changes a result.
 */
const FIRST_ROWS_AT_ONCE = 1024
const LITTLE_BYTES = 4 << 20
const MUCH_BYTES = 32 << 20

/** One synchronous chain of operators, and the driver that waits for its functions once one returned a promise. */
class ChainLink implements Link {
  readonly #chain: Chain
  readonly #next: Link
  readonly #concurrency: number
  #driver: AsyncRowsDriver | null = null
  #rowsAtOnce = FIRST_ROWS_AT_ONCE
  #emitted: Batch[] = []
  readonly #emit = (batch: Batch): void => {
    if (batch.length > 0) this.#emitted.push(batch)
  }

  constructor(chain: Chain, next: Link, options: { readonly concurrency: number; readonly waits: boolean }) {
    this.#chain = chain
    this.#next = next
    this.#concurrency = options.concurrency
    if (options.waits) this.#driver = this.#newDriver()
  }

  get done(): boolean {
    return this.#chain.done || this.#next.done
  }

  async push(batch: Batch): Promise<void> {
    if (this.#chain.pushRows === undefined) {
      this.#chain.push(batch, this.#emit)
      return this.#passOn()
    }
    for (let from = 0; from < batch.length; ) {
      const to = Math.min(batch.length, from + this.#rowsAtOnce)
      await this.#pushRows(from === 0 && to === batch.length ? batch : sliceBatch(batch, from, to))
      from = to
      const bytes = this.#emitted.reduce((sum, one) => sum + batchBytes(one), 0)
      if (bytes > MUCH_BYTES) this.#rowsAtOnce = Math.max(1, this.#rowsAtOnce >> 2)
      else if (bytes < LITTLE_BYTES) this.#rowsAtOnce = Math.min(BATCH_ROWS, this.#rowsAtOnce * 2)
      await this.#passOn()
    }
  }

  async #pushRows(batch: Batch): Promise<void> {
    if (this.#driver !== null) {
      await this.#driver.push(batch, this.#emit)
    } else {
      await this.#takeOver(this.#chain.pushRows!(batch, this.#emit))
    }
  }

  /** From the first promise on, the driver does what the synchronous loop did. */
  async #takeOver(suspension: Suspension | null): Promise<void> {
    if (suspension === null) return
    this.#driver = this.#newDriver()
    await this.#driver.resume(suspension, this.#emit)
  }

  async finish(): Promise<void> {
    if (this.#driver === null && this.#chain.flushRows !== undefined) {
      await this.#takeOver(this.#chain.flushRows(this.#emit))
    }
    if (this.#driver !== null) await this.#driver.flush(this.#emit)
    this.#chain.finish(this.#emit)
    await this.#passOn()
    await this.#next.finish()
  }

  #newDriver(): AsyncRowsDriver {
    return this.#chain.driver!({ concurrency: this.#concurrency })
  }

  async #passOn(): Promise<void> {
    const emitted = this.#emitted
    if (emitted.length === 0) return
    this.#emitted = []
    for (const batch of emitted) await this.#next.push(batch)
  }
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
  env: PipelineEnv,
  output: (batch: Batch) => void | Promise<void>,
): Pipeline {
  const inputs = new Map<number, Link>()

  const build = (spec: OperatorSpec, next: Link): void => {
    switch (spec.op) {
      case 'input':
        inputs.set(spec.input, next)
        return
      case 'union':
        throw new DunlinError(
          'INTERNAL',
          'a task was given the operators of a union, not those of its own branch',
        )
      default: {
        const { chain, below, waits } = chainDownFrom(spec)
        build(below, new ChainLink(createChain(chain, env), next, { concurrency: env.concurrency, waits }))
      }
    }
  }
  build(root, { push: output, finish: () => undefined, done: false })

  return {
    async push(input, batch) {
      await inputs.get(input)!.push(batch)
    },
    async finish() {
      for (const link of inputs.values()) await link.finish()
    },
    done: input => inputs.get(input)!.done,
  }
}

/** The longest chain that ends at `top`: down to an input, or to a function that may return promises. */
function chainDownFrom(top: Exclude<OperatorSpec, { op: 'input' | 'union' }>): {
  readonly chain: readonly ChainSpec[]
  readonly below: OperatorSpec
  /** It starts with functions that are declared async. */
  readonly waits: boolean
} {
  const chain: ChainSpec[] = []
  let spec: OperatorSpec = top
  let results = 0
  while (spec.op !== 'input' && spec.op !== 'union') {
    // A chain drains and merges as one, so it has at most one operator whose state becomes results.
    if (spec.op === 'aggregate' && spec.phase !== 'partial' && ++results > 1) break
    chain.unshift(spec.op === 'asyncRows' ? { ...spec, op: 'rows' } : spec)
    const head = spec
    spec = spec.input
    if (callsFunctions(head)) return { chain, below: spec, waits: head.op === 'asyncRows' }
  }
  return { chain, below: spec, waits: false }
}
