/** Span: what is known of a number before the run: the least and the most that it will be. */

export interface Span {
  readonly least: number
  readonly most: number
}

export const NONE: Span = { least: 0, most: 0 }

export const exactly = (value: number): Span => ({ least: value, most: value })

export const between = (least: number, most: number): Span => ({ least, most })

export function plus(...spans: readonly Span[]): Span {
  let least = 0
  let most = 0
  for (const span of spans) {
    least += span.least
    most += span.most
  }
  return { least, most }
}

export const times = (span: Span, factor: number): Span => ({
  least: span.least * factor,
  most: span.most * factor,
})
