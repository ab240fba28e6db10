/** `dataset.write`: the sinks. */
import type { WriteFormat } from '../../operators/index.ts'
import type { LogicalNode, WriteMode } from '../../planner/index.ts'
import { userCallSite } from '../ship/user-call-site.ts'
import { argument } from './arguments.ts'
import { Output } from './output.ts'

export interface WriteOptions {
  /**
   * What to do about a directory that holds something: `fail` (default), `overwrite` (the old files go when the new
   * ones are complete), or `append`.
   */
  readonly mode?: WriteMode
}

const MODES: readonly WriteMode[] = ['fail', 'overwrite', 'append']

/**
 * Writes a directory of parts `part-00000.<ext>` … whose names sort in the order of the data, and last a `_SUCCESS`
 * manifest. The directory must be absent or empty unless `mode` says otherwise.
 */
export class Writer {
  readonly #node: LogicalNode

  constructor(node: LogicalNode) {
    this.#node = node
  }

  /** A line per record, which must be a scalar without line breaks. */
  text(uri: string, options: WriteOptions = {}): Output {
    return this.#output('text', uri, options)
  }

  /** A JSON value per line. */
  jsonl(uri: string, options: WriteOptions = {}): Output {
    return this.#output('jsonl', uri, options)
  }

  /** Comma-separated values with a header; lists and structs are refused. */
  csv(uri: string, options: WriteOptions = {}): Output {
    return this.#output('csv', uri, options)
  }

  /** Arrow IPC files. */
  arrow(uri: string, options: WriteOptions = {}): Output {
    return this.#output('arrow', uri, options)
  }

  #output(format: WriteFormat, uri: string, { mode = 'fail' }: WriteOptions): Output {
    argument.text(`write.${format}`, 'uri', uri)
    argument.oneOf(`write.${format}`, 'mode', mode, MODES)
    const at = userCallSite()
    return new Output({
      kind: 'write',
      input: this.#node,
      uri,
      format,
      mode,
      ...(at === undefined ? {} : { at }),
    })
  }
}
