/** Bytes, durations and counts as people read them. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
const COUNT_UNITS = ['', 'k', 'M', 'G']

/** Three digits and a unit of powers of `step`; whole numbers stay whole below the first step. */
function scaled(value: number, step: number, units: readonly string[], gap: string): string {
  let unit = 0
  // 999.6 would print as 1000: it belongs to the next unit.
  while (unit < units.length - 1 && value >= step - 0.5) {
    value /= step
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)}${units[unit] === '' ? '' : gap + units[unit]}`
}

/** `1.20 MB`. Units are powers of 1000. */
export function bytesText(bytes: number): string {
  return scaled(bytes, 1000, BYTE_UNITS, ' ')
}

/** `17.4k`: for where there is little room. */
export function countText(count: number): string {
  return scaled(count, 1000, COUNT_UNITS, '')
}

/** `17,365`: for where there is room. */
export function wholeText(count: number): string {
  return Math.round(count).toLocaleString('en-GB')
}

/** `38 ms`, `1.24 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `1 task`, `3 tasks`. */
export function plural(count: number, noun: string): string {
  return `${wholeText(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `$12.35`, `$0.0123`, `under $0.0001`. */
export function dollarsText(dollars: number): string {
  if (dollars > 0 && dollars < 0.0001) return 'under $0.0001'
  return `$${dollars.toFixed(dollars > 0 && dollars < 1 ? 4 : 2)}`
}

/** `1.25 GB-s`. */
export function gbSecondsText(gbSeconds: number): string {
  return `${gbSeconds < 99.95 ? gbSeconds.toFixed(2) : wholeText(gbSeconds)} GB-s`
}
