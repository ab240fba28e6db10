/** checkConfig: refuses keys and values that a configuration cannot have, and says where they stand. */
import { DunlinError } from '../../operators/index.ts'
import { type Allowed, CONFIG_KEYS } from './config-keys.ts'
import type { DunlinConfig } from './dunlin-config.ts'
import { nearestKey } from './nearest-key.ts'

/** Of a value, what a message shows. */
const SHOWN_CHARACTERS = 60

/** @throws CONFIGURATION that names the file, the key with those above it, and what would be right */
export function checkConfig(file: string, given: unknown): DunlinConfig {
  check(file, [], given, CONFIG_KEYS)
  return given as DunlinConfig
}

function check(file: string, path: readonly string[], given: unknown, allowed: Allowed): void {
  // A key that is there without a value says nothing, as one that is absent.
  if (given === undefined && path.length > 0) return
  const where = path.length === 0 ? 'the default export' : path.join('.')
  if (allowed.kind === 'value') {
    if (allowed.takes(given)) return
    throw refusal(`${file}: ${where} is ${shown(path, given)}, not ${allowed.text}`)
  }
  const known = Object.keys(allowed.keys)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refusal(`${file}: ${where} is ${shown(path, given)}, not an object`, allKeys(path, known))
  }
  for (const [key, value] of Object.entries(given)) {
    const next = Object.hasOwn(allowed.keys, key) ? allowed.keys[key] : undefined
    const place = [...path, key]
    if (next === undefined) {
      const near = nearestKey(key, known)
      const meant = near === undefined ? '' : `Is ${[...path, near].join('.')} meant? `
      throw refusal(`${file}: there is no setting ${place.join('.')}`, `${meant}${allKeys(path, known)}`)
    }
    check(file, place, value, next)
  }
}

function refusal(message: string, hint?: string): DunlinError {
  return new DunlinError('CONFIGURATION', message, hint === undefined ? {} : { hint })
}

function allKeys(path: readonly string[], known: readonly string[]): string {
  return `${path.length === 0 ? 'A configuration' : path.join('.')} has the keys ${known.join(', ')}.`
}

function shown(path: readonly string[], given: unknown): string {
  if (path[1] === 'credentials') return 'something else'
  if (typeof given === 'function') return 'a function'
  const text = typeof given === 'bigint' ? `${given}n` : (JSON.stringify(given) ?? String(given))
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
