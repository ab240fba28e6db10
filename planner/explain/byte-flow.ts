/** How many bytes the operators of a stage give for those that they are given: a guess, between bounds. */
import type { OperatorSpec } from '../../operators/index.ts'
import { between, plus, type Span } from './span.ts'

/** Bytes before the run: the guess that plans are chosen by, and what it lies between while nothing grows. */
export interface Flow {
  readonly guess: number
  readonly span: Span
}

/** An aggregation gives this share of the bytes it is given: a guess, as keys are not known before they are read. */
export const AGGREGATION_SHARE = 0.1
/** What a row is taken to have where only their number is known. */
const ROW_BYTES = 100

/** Joins are taken to give as much as both sides have; what may drop rows, everything or nothing. */
export function bytesOut(spec: OperatorSpec, inputs: readonly Flow[], tasks: number): Flow {
  switch (spec.op) {
    case 'input':
      return inputs[spec.input]!
    case 'union':
      return together(spec.inputs.map(input => bytesOut(input, inputs, tasks)))
    case 'join':
      return orNothing(together(spec.inputs.map(input => bytesOut(input, inputs, tasks))))
  }
  const bytes = bytesOut(spec.input, inputs, tasks)
  switch (spec.op) {
    case 'aggregate':
      return spec.phase === 'final' ? orNothing(bytes) : shared(bytes, AGGREGATION_SHARE)
    case 'top':
    case 'sampleKeys':
      return atMost(bytes, spec.rows * tasks * ROW_BYTES)
    case 'splitters':
      return atMost(bytes, spec.partitions * ROW_BYTES)
    case 'sample':
      return shared(bytes, spec.fraction)
    case 'sort':
    case 'addColumns':
    case 'dropColumns':
      return bytes
    default:
      return orNothing(bytes)
  }
}

function together(flows: readonly Flow[]): Flow {
  return {
    guess: flows.reduce((sum, flow) => sum + flow.guess, 0),
    span: plus(...flows.map(flow => flow.span)),
  }
}

const orNothing = ({ guess, span }: Flow): Flow => ({ guess, span: between(0, span.most) })

const shared = ({ guess, span }: Flow, share: number): Flow => ({
  guess: guess * share,
  span: between(0, span.most),
})

/** The number of rows is known, but not how long they are. */
const atMost = ({ guess, span }: Flow, bytes: number): Flow => ({
  guess: Math.min(guess, bytes),
  span: between(0, span.most),
})
