/** Sizes, times, sums and counts as people read them. */
import type { Span } from './span.ts'

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Three digits at most: `1.25 MB`, `31.3 GB`, `512 B`. Decimal units. */
export function bytesText(bytes: number): string {
  let unit = 0
  let value = bytes
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${BYTE_UNITS[unit]}`
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0)
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}

export function secondsText(seconds: number): string {
  if (seconds < 0.1) return 'under 0.1 s'
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  if (seconds < 6000) return `${(seconds / 60).toFixed(0)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}

export function dollarsText(dollars: number): string {
  if (dollars === 0) return '$0'
  if (dollars < 0.0001) return 'under $0.0001'
  return `$${dollars < 1 ? dollars.toFixed(4) : dollars.toFixed(2)}`
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${Math.round(count).toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** `$0.0123`, `$0.0123 to $0.0456`. */
export function spanText({ least, most }: Span, text: (value: number) => string): string {
  return text(least) === text(most) ? text(most) : `${text(least)} to ${text(most)}`
}

/** `3 GETs`, `3 to 1,200 GETs`. */
export function spanCountText({ least, most }: Span, one: string): string {
  return least === most ? countText(most, one) : `${countNumber(least)} to ${countText(most, one)}`
}

const countNumber = (count: number): string => Math.round(count).toLocaleString('en-US')
