/** Checks of what callers without types may hand to the verbs: one sentence each, naming verb and argument. */
import { DunlinError } from '../../operators/index.ts'
import type { UserFunction } from '../../planner/index.ts'

function shown(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : value === null
      ? 'null'
      : typeof value === 'number'
        ? String(value)
        : `a ${typeof value}`
}

function refuse(verb: string, name: string, wanted: string, value: unknown): never {
  throw new DunlinError('INVALID_ARGUMENT', `${verb}: ${name} must be ${wanted}, not ${shown(value)}`)
}

export const argument = {
  fn(verb: string, value: unknown): UserFunction {
    return typeof value === 'function' ? value : refuse(verb, 'its argument', 'a function', value)
  },
  text(verb: string, name: string, value: unknown): string {
    return typeof value === 'string' && value !== ''
      ? value
      : refuse(verb, name, 'a text that is not empty', value)
  },
  /** A whole number from `least` on. */
  whole(verb: string, name: string, value: unknown, least: number): number {
    return Number.isSafeInteger(value) && (value as number) >= least
      ? (value as number)
      : refuse(verb, name, `a whole number from ${least} on`, value)
  },
  oneOf(verb: string, name: string, value: unknown, allowed: readonly string[]): void {
    if (!allowed.includes(value as string)) refuse(verb, name, `one of ${allowed.join(', ')}`, value)
  },
}
