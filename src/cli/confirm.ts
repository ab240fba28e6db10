/** confirm: asks a person on the terminal; whoever is none must have said yes before. */
import { createInterface } from 'node:readline/promises'
import type { Interrupt } from './interrupt.ts'
import { UsageError } from './usage-error.ts'

/** Only `yes` is yes. */
export async function confirm(question: string, interrupt: Interrupt): Promise<boolean> {
  const { stdin, stderr } = process
  if (stdin.isTTY !== true) throw new UsageError('this asks before it does anything', 'Say it ahead: --yes')
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await lines.question(`${question} [yes/no] `, { signal: interrupt.signal })
    return answer.trim().toLowerCase() === 'yes'
  } finally {
    lines.close()
  }
}
