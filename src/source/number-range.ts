/** The records of `range(n)`: numbers, made where they are needed. */
import { BATCH_ROWS, type Batch, type Schema } from '../../operators/index.ts'

const NUMBERS: Schema = {
  shape: 'scalar',
  fields: [{ name: 'value', type: { kind: 'number', width: 'float64' } }],
}

/** `first + i * step` for each i in [from, to). */
export function* numberRange(
  format: { readonly start: number; readonly step: number },
  from: number,
  to: number,
): Generator<Batch> {
  for (let at = from; at < to; at += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, to - at)
    const values = new Float64Array(length)
    // Multiplied, not added up: a number must not depend on where its split begins.
    for (let i = 0; i < length; i++) values[i] = format.start + (at + i) * format.step
    const type = NUMBERS.fields[0]!.type as { readonly kind: 'number'; readonly width: 'float64' }
    yield { schema: NUMBERS, length, columns: [{ type, length, nullCount: 0, validity: null, values }] }
  }
}
