/** A stack of CloudFormation: what is known of it, and waiting until nothing moves in it. */
import type { CloudFormation, Stack, StackEvent } from '@aws-sdk/client-cloudformation'
import { type Clock, DunlinError, pause, throwIfAborted } from '../../../src/worker.ts'
import { asking, errorName } from './aws-error.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8_000
const WAIT_FACTOR = 1.5
const MOST_WAITING_MS = 45 * 60_000

export interface StackWork {
  readonly cloudformation: CloudFormation
  readonly clock: Clock
  /** A line for people. */
  readonly say: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** Undefined where there is none. `name`: or its id, by which also one that is deleted is known. */
export async function describeStack({ cloudformation }: StackWork, name: string): Promise<Stack | undefined> {
  return asking('cloudformation:DescribeStacks', async () => {
    try {
      const { Stacks = [] } = await cloudformation.describeStacks({ StackName: name })
      return Stacks[0]
    } catch (error) {
      if (isNoStack(error)) return undefined
      throw error
    }
  })
}

const isNoStack = (error: unknown): boolean =>
  errorName(error) === 'ValidationError' && /does not exist/.test((error as Error).message)

export function outputOf(stack: Stack, key: string): string | undefined {
  return stack.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue
}

/** What has happened in a stack and has not been told of yet. */
export class StackLog {
  readonly #work: StackWork
  readonly #stack: string
  readonly #seen = new Set<string>()
  readonly failures: string[] = []

  private constructor(work: StackWork, stack: string) {
    this.#work = work
    this.#stack = stack
  }

  /** What lies before it is not told. */
  static async begin(
    work: StackWork,
    stack: string,
    { isNew }: { readonly isNew: boolean },
  ): Promise<StackLog> {
    const log = new StackLog(work, stack)
    if (!isNew) for (const { EventId = '' } of await log.#unseen()) log.#seen.add(EventId)
    return log
  }

  async tell(): Promise<void> {
    for (const event of (await this.#unseen()).reverse()) {
      this.#seen.add(event.EventId ?? '')
      const line = eventLine(event)
      this.#work.say(line)
      const isRoot = event.PhysicalResourceId === event.StackId
      // What was given up because something else failed is not why.
      if (
        /_FAILED$/.test(event.ResourceStatus ?? '') &&
        !isRoot &&
        !/cancelled/i.test(event.ResourceStatusReason ?? '')
      )
        this.failures.push(reasonOf(event))
    }
  }

  /** The latest first. */
  async #unseen(): Promise<StackEvent[]> {
    const events: StackEvent[] = []
    let NextToken: string | undefined
    do {
      const page = await asking('cloudformation:DescribeStackEvents', () =>
        this.#work.cloudformation.describeStackEvents({
          StackName: this.#stack,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      )
      for (const event of page.StackEvents ?? []) {
        if (this.#seen.has(event.EventId ?? '')) return events
        events.push(event)
      }
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    return events
  }
}

function eventLine({
  LogicalResourceId,
  ResourceType,
  ResourceStatus,
  ResourceStatusReason,
}: StackEvent): string {
  const reason = ResourceStatusReason === undefined ? '' : `: ${ResourceStatusReason}`
  return `  ${ResourceStatus} ${LogicalResourceId} (${ResourceType})${reason}`
}

const reasonOf = ({
  LogicalResourceId,
  ResourceType,
  ResourceStatusReason = 'without a reason',
}: StackEvent): string => `${LogicalResourceId} (${ResourceType}): ${ResourceStatusReason}`

/** Waits until nothing moves in the stack, telling what happens; gives the stack as it is then. */
export async function settled(work: StackWork, stack: string, log: StackLog): Promise<Stack | undefined> {
  const { clock, signal } = work
  const since = clock.now()
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * WAIT_FACTOR, LONGEST_WAIT_MS)) {
    const now = await describeStack(work, stack)
    if (now === undefined) return undefined
    await log.tell()
    if (!isMoving(now)) return now
    if (clock.now() - since > MOST_WAITING_MS) {
      throw new DunlinError('TIMEOUT', `the stack ${now.StackName} is ${now.StackStatus} for too long`, {
        hint: 'CloudFormation goes on by itself; the same command later waits for it again.',
      })
    }
    await pause(clock, waitMs)
    throwIfAborted(signal, `the stack ${now.StackName}, which goes on by itself`)
  }
}

export const isMoving = ({ StackStatus }: Stack): boolean =>
  /_IN_PROGRESS$/.test(StackStatus ?? '') && StackStatus !== 'REVIEW_IN_PROGRESS'
