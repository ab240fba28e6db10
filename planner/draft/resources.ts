/** Resources as a stage needs them: the largest of what its nodes asked for. */
import type { Resources } from '../logical.ts'

export function largest(a: Resources, b: Resources): Resources {
  const result: { -readonly [K in keyof Resources]: Resources[K] } = { ...a }
  for (const [name, value] of Object.entries(b) as [keyof Resources, number | undefined][]) {
    if (value !== undefined) result[name] = Math.max(result[name] ?? value, value)
  }
  return result
}
