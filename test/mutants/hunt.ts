/** The child process of one mutant, or of the code as it is: runs cases until one finds something, and sends what it was. */
import { casesOf, findingOf } from './cases.ts'
import type { Case, Look } from './mutant.ts'

/** What a child is asked for. */
export type Order =
  /** Runs the cases of a look until one finds something. */
  | { readonly kind: 'hunt'; readonly look: Look; readonly seeds: number }
  /** Runs these cases. */
  | { readonly kind: 'repeat'; readonly cases: readonly Case[] }

/** What it sends: after each case that it has run, and of each finding. */
export type Message =
  | { readonly kind: 'ran'; readonly next: Case | null }
  | { readonly kind: 'found'; readonly of: Case | null; readonly finding: string }

let running: Case | null = null
const send = (message: Message): Promise<void> =>
  new Promise(resolve => void process.send!(message, undefined, undefined, () => resolve()))

/** True where something was found. */
async function run(one: Case): Promise<boolean> {
  running = one
  const finding = await findingOf(one).catch((error: unknown) => textOf(error))
  if (finding !== null) await send({ kind: 'found', of: one, finding })
  else await send({ kind: 'ran', next: one })
  return finding !== null
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

// A promise that was rejected and nobody awaited would end a real driver.
process.on('unhandledRejection', reason => {
  void send({
    kind: 'found',
    of: running,
    finding: `a rejection that nobody handles: ${textOf(reason)}`,
  }).then(() => process.exit())
})

process.once('message', async (order: Order) => {
  if (order.kind === 'repeat') for (const one of order.cases) await run(one)
  else for await (const one of casesOf(order.look, order.seeds)) if (await run(one)) break
  process.disconnect()
})
