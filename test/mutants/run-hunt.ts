/** runHunt: starts the child process of a mutant, watches that it gets on, and says what became of the mutant. */
import { fork } from 'node:child_process'
import { resolve } from 'node:path'
import type { Message, Order } from './hunt.ts'
import type { Case, Catch, Hunted, Mutant } from './mutant.ts'
import { PATCH_VARIABLE, type Patch } from './patch-source.ts'

/** A case takes some milliseconds: one that takes so long is in a loop. */
const STILL_MS = 10_000

const HOOK = resolve(import.meta.dirname, 'patch-source.ts')
const CHILD = resolve(import.meta.dirname, 'hunt.ts')

export interface ChildRun {
  readonly runs: number
  readonly found: readonly Catch[]
}

/**
 * Runs a child to its end, over patched sources or those that there are.
 *
 * @throws where the process ends by itself, as it does when the patch does not fit
 */
export async function runChild(order: Order, patch: Patch | null): Promise<ChildRun> {
  const child = fork(CHILD, [], {
    execArgv: ['--conditions=development', '--disable-warning=ExperimentalWarning', '--import', HOOK],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ...(patch === null ? {} : { [PATCH_VARIABLE]: JSON.stringify(patch) }),
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const found: Catch[] = []
  let runs = 0
  let last: Case | null = null
  let said = ''
  let hangs = false
  child.stderr!.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-2_000)
  })
  const watch = setTimeout(() => {
    hangs = true
    child.kill('SIGKILL')
  }, STILL_MS)
  child.on('message', (message: Message) => {
    watch.refresh()
    runs++
    if (message.kind === 'ran') last = message.next
    else found.push({ of: message.of, finding: message.finding })
  })
  child.send(order, () => {})
  const code = await new Promise<number | null>((settle, reject) => {
    child.on('error', reject)
    child.on('close', settle)
  })
  clearTimeout(watch)
  if (hangs) found.push({ of: null, finding: `nothing happens any more after ${JSON.stringify(last)}` })
  else if (code !== 0) throw new Error(`the process ended with ${code}: ${said}`)
  return { runs, found }
}

export async function hunt(mutant: Mutant, seeds: number): Promise<Hunted> {
  const { name, file, find, replace, look = {} } = mutant
  const patch = { file, find, replace }
  const { runs, found } = await runChild({ kind: 'hunt', look, seeds }, patch).catch((error: unknown) => {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  })
  return { name, runs, caught: found[0] ?? null }
}

/** Hunts all, `width` at a time; `each` hears of every one as it ends. */
export async function huntAll(
  mutants: readonly Mutant[],
  {
    seeds,
    width,
    each = () => {},
  }: { readonly seeds: number; readonly width: number; readonly each?: (hunted: Hunted, ms: number) => void },
): Promise<readonly Hunted[]> {
  const hunted: Hunted[] = []
  let next = 0
  const hunter = async (): Promise<void> => {
    while (next < mutants.length) {
      const number = next++
      const startedMs = performance.now()
      hunted[number] = await hunt(mutants[number]!, seeds)
      each(hunted[number], performance.now() - startedMs)
    }
  }
  await Promise.all(Array.from({ length: width }, hunter))
  return hunted
}
