/** What contenders are measured at: an input made once, a command for each, and a look at every answer. */

export interface Contender {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** A file, or a directory of parts. */
  readonly output: string
}

export interface WorkloadOptions {
  /** Where inputs are kept. */
  readonly data: string
  /** Directory for outputs; a contender's name is added. */
  readonly directory: string
  readonly sizeBytes: number
  /** Workers or threads of each. */
  readonly threads: number
}

export interface Workload {
  /** What is done, for the table's caption. */
  readonly title: string
  readonly input: string
  /** The contender that the others are compared with. */
  readonly base: string
  readonly contenders: readonly Contender[]
  /** Writes the input, where it is not there. */
  prepare(): Promise<void>
  /**
   * Compares the answers of all contenders: `text` says what they are, `differences` where they are not what they
   * should be.
   */
  check(
    contenders: readonly Contender[],
  ): Promise<{ readonly text: string; readonly differences: readonly string[] }>
}
