/** How many attempts may be in flight: a window that grows with answers and halves when throttled. Pure. */

/**
 * How fast a backend grows: `initial` at once, then `perSecond` more each second; what was not used is not saved up
 * beyond `initial`.
 */
export interface Ramp {
  /** From 1 on. */
  readonly initial: number
  readonly perSecond: number
}

/**
 * Three bounds on what is in flight, of which the lowest holds; none is below 1.
 *
 * - `slots`: what the backend takes at most.
 * - the ramp: `warm` environments, the most that have been in flight, and `spare` more that may be started now.
 * - `width`: additive increase, multiplicative decrease (Chiu and Jain 1989; Jacobson 1988), for what nobody has told:
 *   a quota that others share, a store that is slower than its limits.
 */
export interface LaunchWindow {
  readonly slots: number
  readonly ramp: Ramp | null
  /** Attempts launched that have not answered. */
  readonly inFlight: number
  readonly width: number
  readonly warm: number
  /** At `spareAt`; grows with time. */
  readonly spare: number
  readonly spareAt: number
  /** Of the last halving. A throttle of an attempt launched before counts for the same burst. */
  readonly halvedAt: number
}

export type WindowEvent =
  | { readonly type: 'launched'; readonly now: number }
  /** Answered in any way but throttled: the backend had room for it. */
  | { readonly type: 'answered'; readonly now: number }
  | { readonly type: 'throttled'; readonly now: number; readonly launchedAt: number }

/**
 * After a halving nothing is launched for so long, and no throttle counts: the rest of its burst comes back. Without it
 * what comes back at once is launched at once, and throttled again, as often as the backend can say no.
 */
const COOL_DOWN_MS = 500
/** What a window full of answers adds, as a share of the slots: after a halving at the top all is regained in ten windows. */
const GROWTH_SHARE = 0.05
/** A narrow window grows by no more than this share of itself. */
const MOST_GROWTH = 0.5
/** Time alone lets so little grow in less that a timer is not worth it. */
const LEAST_WAIT_MS = 100
const MS_PER_SECOND = 1000

/**
 * @param options.ramp null: all slots at once, as on one machine
 *
 * @example
 * let window = openWindow({ slots: 3_000, ramp: { initial: 1_000, perSecond: 100 }, now: 0 })
 * roomIn(window, 0) // 1_000
 */
export function openWindow(options: {
  readonly slots: number
  readonly ramp: Ramp | null
  readonly now: number
}): LaunchWindow {
  const { slots, ramp, now } = options
  const spare = ramp?.initial ?? 0
  return {
    slots,
    ramp,
    inFlight: 0,
    width: slots,
    warm: 0,
    spare,
    spareAt: now,
    halvedAt: Number.NEGATIVE_INFINITY,
  }
}

export function advanceWindow(window: LaunchWindow, event: WindowEvent): LaunchWindow {
  switch (event.type) {
    case 'launched':
      return launched(window, event.now)
    case 'answered':
      return answered(window)
    case 'throttled':
      return throttled(window, event.now, event.launchedAt)
  }
}

/** Attempts that may be launched now beside those in flight. */
export function roomIn(window: LaunchWindow, now: number): number {
  if (coolMsLeft(window, now) > 0) return 0
  return Math.max(0, limitOf(window, now) - window.inFlight)
}

/** In how many milliseconds time alone makes room; null where there is room, or only an answer can make some. */
export function roomAfterMs(window: LaunchWindow, now: number): number | null {
  if (roomIn(window, now) > 0) return null
  const coolMs = coolMsLeft(window, now)
  if (limitOf(window, now + coolMs) > window.inFlight) return coolMs
  const { ramp, inFlight, slots, width, warm } = window
  const next = inFlight + 1
  if (ramp === null || ramp.perSecond === 0 || next > Math.min(slots, width)) return null
  const missing = next - warm - spareNow(window, now)
  return Math.max(LEAST_WAIT_MS, coolMs, Math.ceil((missing / ramp.perSecond) * MS_PER_SECOND))
}

/** A clock that has jumped back, here and in the ramp, must not hold a job up until it is there again. */
function coolMsLeft({ halvedAt }: LaunchWindow, now: number): number {
  return now < halvedAt ? 0 : Math.max(0, halvedAt + COOL_DOWN_MS - now)
}

function limitOf(window: LaunchWindow, now: number): number {
  const { slots, width, ramp, warm } = window
  const grown = ramp === null ? slots : warm + spareNow(window, now)
  return Math.max(1, Math.floor(Math.min(slots, width, grown)))
}

function spareNow({ ramp, spare, spareAt }: LaunchWindow, now: number): number {
  if (ramp === null) return 0
  if (now < spareAt) return ramp.initial
  const grown = ((now - spareAt) / MS_PER_SECOND) * ramp.perSecond
  return Math.min(ramp.initial, spare + grown)
}

function launched(window: LaunchWindow, now: number): LaunchWindow {
  const inFlight = window.inFlight + 1
  if (inFlight <= window.warm) return { ...window, inFlight }
  const spare = Math.max(0, spareNow(window, now) - (inFlight - window.warm))
  return { ...window, inFlight, warm: inFlight, spare, spareAt: now }
}

/** Grows only while it is at least half used: an idle window learns nothing of what the backend takes. */
function answered(window: LaunchWindow): LaunchWindow {
  const { slots, width, inFlight } = window
  const isUsed = inFlight * 2 >= width
  const step = Math.max(1 / width, Math.min(MOST_GROWTH, (slots * GROWTH_SHARE) / width))
  return {
    ...window,
    inFlight: Math.max(0, inFlight - 1),
    width: isUsed ? Math.min(slots, width + step) : width,
  }
}

/**
 * The first of a burst halves what was really in flight: a window that others' work has made meaningless is cut down at
 * once. The others take away what did not get in, so that the next launches are no more than what did.
 */
function throttled(window: LaunchWindow, now: number, launchedAt: number): LaunchWindow {
  const inFlight = Math.max(0, window.inFlight - 1)
  // It was not started, so there is no environment of it.
  const warm = Math.max(inFlight, window.warm - 1)
  const isSameBurst = launchedAt <= window.halvedAt || coolMsLeft(window, now) > 0
  const width = isSameBurst ? Math.min(window.width, inFlight) : Math.min(window.width, window.inFlight) / 2
  const halvedAt = isSameBurst ? window.halvedAt : now
  return { ...window, inFlight, warm, width: Math.max(1, width), halvedAt }
}
