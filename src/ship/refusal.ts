/** What cannot be shipped, as an error that knows the path of capture. */
import { DunlinError } from '../../operators/index.ts'

export interface RefusalOptions {
  /** What to do instead, one sentence. */
  readonly hint: string
  /** From the user's function down to the value: `variable cfg`, `.db`, `.conn`. */
  readonly path: readonly string[]
  /** `file:line` of the nearest source. */
  readonly at?: string | undefined
  /**
   * Whether evaluating the initialiser of the variable that holds the value, on the worker, could do instead of
   * copying: true for opaque values, false for live ones.
   */
  readonly opaque: boolean
}

/** Thrown inside the capture only; it leaves `ship` as a `DunlinError` with code `CANNOT_SHIP`. */
export class Refusal extends Error {
  readonly options: RefusalOptions

  constructor(reason: string, options: RefusalOptions) {
    super(reason)
    this.options = options
  }

  /** The same refusal, which no initialiser can help any more. */
  final(note?: string): Refusal {
    return new Refusal(note === undefined ? this.message : `${this.message} (${note})`, {
      ...this.options,
      opaque: false,
    })
  }

  toError(): DunlinError {
    const { hint, path, at } = this.options
    const lines = path.map((step, depth) => `${'  '.repeat(depth + 1)}↳ ${step}`)
    return new DunlinError('CANNOT_SHIP', [`cannot ship: ${this.message}`, ...lines].join('\n'), {
      hint,
      ...(at === undefined ? {} : { place: { at } }),
    })
  }
}
