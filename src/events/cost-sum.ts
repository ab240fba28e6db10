/** CostSum: what attempts have cost, added up. */
import { type AttemptCost, gbSeconds } from '../job/policies/cost.ts'
import type { Cost } from './job-event.ts'

export class CostSum {
  #dollars = 0
  #gbSeconds = 0
  #guessed = 0
  #invocations = 0
  readonly #requests = { gets: 0, puts: 0, lists: 0, deletes: 0 }

  add(cost: AttemptCost): void {
    const used = gbSeconds(cost)
    this.#dollars += cost.dollars
    this.#gbSeconds += used
    if (cost.isGuess) this.#guessed += used
    this.#invocations++
    for (const kind of ['gets', 'puts', 'lists', 'deletes'] as const) this.#requests[kind] += cost[kind]
  }

  /** Undefined where nothing was paid. */
  get value(): Cost | undefined {
    if (this.#invocations === 0) return undefined
    return {
      dollars: this.#dollars,
      gbSeconds: this.#gbSeconds,
      guessedGbSeconds: this.#guessed,
      invocations: this.#invocations,
      requests: { ...this.#requests },
    }
  }
}
