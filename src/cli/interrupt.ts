/** Ctrl-C and SIGTERM: the first cancels the job and waits a while for its workers, the second ends at once. */
import { EXIT } from './exit-code.ts'

/** Workers stop within a second; removing unfinished output may take a few more. */
const GRACE_MS = 5_000

export interface Interrupt {
  /** Aborted by the first signal, and by a reader of stdout that went away; its reason says by which. */
  readonly signal: AbortSignal
  /** What to exit with if a signal came, else undefined. */
  readonly exitCode: number | undefined
}

export function catchInterrupts(): Interrupt {
  const controller = new AbortController()
  let exitCode: number | undefined

  const stop = (code: number, by: string, text?: string): void => {
    exitCode = code
    if (text !== undefined) process.stderr.write(`${text}\n`)
    setTimeout(() => process.exit(code), GRACE_MS).unref()
    controller.abort(new DOMException(by, 'AbortError'))
  }
  const onSignal = (code: number, name: string) => (): void => {
    if (exitCode !== undefined) process.exit(code)
    stop(code, `by ${name}`, 'stopping … (once more to stop at once)')
  }
  process.on('SIGINT', onSignal(EXIT.interrupted, 'Ctrl-C'))
  process.on('SIGTERM', onSignal(EXIT.terminated, 'SIGTERM'))

  // `dunlin … | head`: nobody reads on, which is no error; but what still runs, runs for nobody.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (exitCode === undefined) stop(EXIT.ok, 'since nobody reads its output any more')
  })
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode
    },
  }
}
