/** A toy backend that throttles what is beyond its capacity, driven through a launch window, event by event. */
import {
  advanceWindow,
  type LaunchWindow,
  openWindow,
  type Ramp,
  roomAfterMs,
  roomIn,
} from '../../../../src/job/policies/launch-window.ts'

export interface ToyBackend {
  readonly tasks: number
  readonly slots: number
  readonly ramp?: Ramp
  /** Attempts that may run at `now`; those beyond are throttled. */
  readonly capacity: (now: number) => number
  /** How long attempt `n` takes. */
  readonly durationMs: (n: number) => number
}

export interface Driven {
  readonly wallMs: number
  readonly throttled: number
  /** Accepted and running, in the order of time. */
  readonly running: readonly { readonly at: number; readonly count: number }[]
  readonly mostInFlight: number
}

/** A throttled call comes back after this, and its task is ready again after as long again. */
const THROTTLE_MS = 50
const RETRY_MS = 200

interface Due {
  readonly at: number
  readonly what: 'answered' | 'throttled' | 'ready' | 'grown'
  readonly launchedAt: number
}

export function drive(backend: ToyBackend): Driven {
  const { tasks, slots, ramp = null, capacity, durationMs } = backend
  let window: LaunchWindow = openWindow({ slots, ramp, now: 0 })
  const due: Due[] = []
  const running: { at: number; count: number }[] = []
  let now = 0
  let ready = tasks
  let done = 0
  let count = 0
  let launches = 0
  let throttled = 0
  let mostInFlight = 0
  let isWaiting = false
  const add = (what: Due['what'], afterMs: number): void => {
    const one = { at: now + afterMs, what, launchedAt: now }
    const before = due.findIndex(d => d.at > one.at)
    due.splice(before === -1 ? due.length : before, 0, one)
  }
  const launch = (): void => {
    for (; ready > 0 && roomIn(window, now) > 0; ready--) {
      window = advanceWindow(window, { type: 'launched', now })
      mostInFlight = Math.max(mostInFlight, window.inFlight)
      if (count < capacity(now)) {
        count++
        add('answered', durationMs(launches++))
      } else add('throttled', THROTTLE_MS)
    }
    const waitMs = ready > 0 && !isWaiting ? roomAfterMs(window, now) : null
    if (waitMs !== null) add('grown', waitMs)
    isWaiting ||= waitMs !== null
    running.push({ at: now, count })
  }
  launch()
  while (done < tasks) {
    const { at, what, launchedAt } = due.shift()!
    now = at
    if (what === 'answered') {
      count--
      done++
      window = advanceWindow(window, { type: 'answered', now })
    } else if (what === 'throttled') {
      throttled++
      window = advanceWindow(window, { type: 'throttled', now, launchedAt })
      add('ready', RETRY_MS)
    } else if (what === 'ready') ready++
    else isWaiting = false
    launch()
  }
  return { wallMs: now, throttled, running, mostInFlight }
}
