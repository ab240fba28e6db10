/** ConcurrencyLimit: the slots of an engine, shared fairly by the jobs that run on it. */
import { DunlinError } from '../../operators/index.ts'

/** One job's part in a limit. */
export interface SlotShare {
  /** Slots that the job holds. */
  readonly held: number
  /** How many slots the job could use beyond those that it holds; replaces what was said before. */
  want(count: number): void
  /** Gives back slots that the job holds. */
  release(count: number): void
  /** Gives back all of them, and wants no more. */
  leave(): void
}

interface Member {
  readonly most: number
  readonly granted: (count: number) => void
  held: number
  wanted: number
  queued: boolean
}

/**
 * Jobs wait in a queue; each free slot goes to the job at its head, which goes to the end if it wants more. A job
 * that wants thousands so holds another back by one slot at a time.
 *
 * @example
 * const limit = new ConcurrencyLimit(engine.compute.slots)
 * const share = limit.join({ granted: count => launch(count) })
 * share.want(3) // `granted` is called with what is free, and again as others release
 */
export class ConcurrencyLimit {
  readonly slots: number
  #free: number
  readonly #queue: Member[] = []

  /** @throws INVALID_ARGUMENT where `slots` is not a whole number above 0 */
  constructor(slots: number) {
    this.slots = positive(slots)
    this.#free = slots
  }

  /**
   * @param options.most slots that this job may hold at once; all of them by default
   * @param options.granted called with the number of slots that the job holds from now on; must not throw
   * @throws INVALID_ARGUMENT where `most` is not a whole number above 0
   */
  join(options: { readonly most?: number; readonly granted: (count: number) => void }): SlotShare {
    const most = options.most === undefined ? this.slots : positive(options.most)
    const member: Member = { most, granted: options.granted, held: 0, wanted: 0, queued: false }
    const release = (count: number): void => {
      member.held -= count
      this.#free += count
      this.#enqueue(member)
      this.#distribute()
    }
    return {
      get held() {
        return member.held
      },
      want: count => {
        member.wanted = count
        this.#enqueue(member)
        this.#distribute()
      },
      release,
      leave: () => {
        member.wanted = 0
        release(member.held)
      },
    }
  }

  #enqueue(member: Member): void {
    if (member.queued || wanting(member) === 0) return
    member.queued = true
    this.#queue.push(member)
  }

  #distribute(): void {
    const grants = new Map<Member, number>()
    while (this.#free > 0) {
      const member = this.#queue.shift()
      if (member === undefined) break
      // Alone in the queue, a job may have all that it wants at once.
      const count = Math.min(wanting(member), this.#queue.length === 0 ? this.#free : 1)
      member.queued = false
      member.held += count
      member.wanted -= count
      this.#free -= count
      this.#enqueue(member)
      if (count > 0) grants.set(member, (grants.get(member) ?? 0) + count)
    }
    for (const [member, count] of grants) member.granted(count)
  }
}

function wanting(member: Member): number {
  return Math.max(0, Math.min(member.wanted, member.most - member.held))
}

function positive(slots: number): number {
  if (Number.isSafeInteger(slots) && slots > 0) return slots
  throw new DunlinError('INVALID_ARGUMENT', `a limit of ${slots} slots: a whole number above 0 is needed`)
}
