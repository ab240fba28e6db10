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
        : value === undefined
          ? 'undefined'
          : typeof value === 'object'
            ? 'an object'
            : `a ${typeof value}`
}

function refuse(verb: string, name: string, wanted: string, value: unknown, hint?: string): never {
  const message = `${verb}: ${name} must be ${wanted}, not ${shown(value)}`
  throw new DunlinError('INVALID_ARGUMENT', message, hint === undefined ? {} : { hint })
}

const LEAST_KNOWN = Number.MIN_SAFE_INTEGER

export const argument = {
  fn(verb: string, value: unknown, name = 'its argument', wanted = 'a function'): UserFunction {
    return typeof value === 'function' ? value : refuse(verb, name, wanted, value)
  },
  /** An object that has all these properties; `example` shows how it is called. */
  parts(verb: string, value: unknown, names: readonly string[], example: string): void {
    if (typeof value === 'object' && value !== null && names.every(name => name in value)) return
    throw new DunlinError('INVALID_ARGUMENT', `${verb} takes { ${names.join(', ')} }, not ${shown(value)}`, {
      hint: `Write ${example}.`,
    })
  },
  /** An object none of whose properties is another one than these. */
  known(verb: string, value: object, names: readonly string[]): void {
    const stray = Object.keys(value).find(name => !names.includes(name))
    if (stray === undefined) return
    throw new DunlinError('INVALID_ARGUMENT', `${verb}: there is no option ${stray}`, {
      hint: `The options are ${names.join(', ')}.`,
    })
  },
  iterable(verb: string, value: unknown): void {
    const has = (symbol: symbol): boolean => value !== null && value !== undefined && symbol in Object(value)
    if (!has(Symbol.iterator) && !has(Symbol.asyncIterator))
      refuse(verb, 'its argument', 'an iterable', value)
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
      : refuse(
          verb,
          name,
          least === LEAST_KNOWN ? 'a whole number' : `a whole number from ${least} on`,
          value,
        )
  },
  /** A number from `least` to `most`. */
  between(verb: string, name: string, value: unknown, least: number, most: number): number {
    return typeof value === 'number' && value >= least && value <= most
      ? value
      : refuse(verb, name, `a number from ${least} to ${most}`, value)
  },
  oneOf(verb: string, name: string, value: unknown, allowed: readonly string[], hint?: string): void {
    if (!allowed.includes(value as string)) refuse(verb, name, `one of ${allowed.join(', ')}`, value, hint)
  },
}
