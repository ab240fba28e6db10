/** A job for the planner's tests: sources with listings and functions with facts, in a line each. */
import type { Schema, WriteFormat } from '../../operators/index.ts'
import {
  type Facts,
  type FunctionFacts,
  type ListedObject,
  type LogicalNode,
  type LogicalOutput,
  type ScanNode,
  type Source,
  scanNode,
  type UserFunction,
} from '../../planner/index.ts'

export const MIB = 1 << 20

export class Job {
  readonly #listings = new Map<ScanNode, { objects: ListedObject[] }>()
  readonly #functions = new Map<UserFunction, FunctionFacts>()

  get facts(): Facts {
    return {
      listings: this.#listings,
      functions: this.#functions,
      codeHash: 'c0de',
      engine: {
        name: 'test',
        slots: 4,
        bytesPerSecond: 100e6,
        dollars: { perGbSecond: 0.0000133334, perTask: 0.0000002, perGet: 0.0000004, perPut: 0.000005 },
      },
    }
  }

  /** A source of one object for each size; a split each while they are of 1 MiB or more. */
  #scan(source: Source, objects: readonly Partial<ListedObject>[], splitBytes?: number): ScanNode {
    const node = scanNode(source, splitBytes)
    const listed = objects.map((object, i) => ({
      root: 'file:///data/',
      key: `part-${i}`,
      sizeBytes: MIB,
      version: `v${i}`,
      ...object,
    }))
    this.#listings.set(node, { objects: listed })
    return node
  }

  /** Text of `tasks` splits. */
  text(name: string, tasks = 2): ScanNode {
    const format = { format: 'text', onInvalid: 'replace' } as const
    return this.#scan({ kind: 'files', uris: [`${name}/*.txt`], format }, new Array(tasks).fill({}), MIB)
  }

  jsonl(name: string, tasks = 2, schema?: Schema): ScanNode {
    const format = schema === undefined ? { format: 'jsonl' as const } : { format: 'jsonl' as const, schema }
    return this.#scan({ kind: 'files', uris: [`${name}/*.jsonl`], format }, new Array(tasks).fill({}), MIB)
  }

  /** Records of 100 bytes, the first 10 of which are the key. */
  records(name: string, tasks = 2): ScanNode {
    const format = { format: 'records', length: 100, key: [0, 10] } as const
    return this.#scan({ kind: 'files', uris: [`${name}/*.bin`], format }, new Array(tasks).fill({}), MIB)
  }

  /** Objects of 40 MiB, a split each: two of them are sampled in part. */
  largeJsonl(name: string, tasks = 2, schema?: Schema): ScanNode {
    const format = schema === undefined ? { format: 'jsonl' as const } : { format: 'jsonl' as const, schema }
    const source = { kind: 'files', uris: [`${name}/*.jsonl`], format } as const
    return this.#scan(source, new Array(tasks).fill({ sizeBytes: 40 * MIB }), 40 * MIB)
  }

  files(objects: readonly Partial<ListedObject>[], splitBytes?: number): ScanNode {
    const format = { format: 'text', onInvalid: 'replace' } as const
    return this.#scan({ kind: 'files', uris: ['in/'], format }, objects, splitBytes)
  }

  values(objects: readonly Partial<ListedObject>[], splitBytes?: number, schema?: Schema): ScanNode {
    const source = { kind: 'values' as const, values: [], ...(schema === undefined ? {} : { schema }) }
    return this.#scan(source, objects, splitBytes)
  }

  /** A function of its own; whole records unless `reads` says otherwise. */
  fn(name: string, known: Partial<FunctionFacts> = {}): UserFunction {
    return this.know((...args: unknown[]) => args, name, known)
  }

  /** Makes the facts of a function that can be called. */
  know<F extends UserFunction>(fn: F, name: string, known: Partial<FunctionFacts> = {}): F {
    const escapes = known.reads === undefined
    this.#functions.set(fn, {
      index: this.#functions.size,
      name,
      reads: [],
      escapes,
      passThrough: {},
      async: false,
      ...known,
    })
    return fn
  }
}

export function write(
  input: LogicalNode,
  format: WriteFormat = 'jsonl',
  uri = `out/${format}/`,
): LogicalOutput {
  return { kind: 'write', input, uri, format, mode: 'fail' }
}

export function result(input: LogicalNode): LogicalOutput {
  return { kind: 'result', input }
}
