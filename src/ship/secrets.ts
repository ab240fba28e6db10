/** Captured values that look like secrets: shipped code is stored, so people are warned by name, never by value. */
import { isSecretName } from '../../operators/index.ts'

/** Objects looked at below one variable: a warning is not worth reading a large table for. */
const OBJECTS_LOOKED_AT = 2_000
const DEPTH = 6
/** Shorter texts under these names are separators, words or kinds of tokens. */
const LEAST_CHARACTERS = 8

const VALUES: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/],
  ['an AWS access key', /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/],
  ['a GitHub token', /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40,})/],
  ['a Slack token', /(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10,}/],
  ['a Google API key', /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}/],
  ['a Stripe key', /(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16,}/],
  ['a URL with a password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@?#]*:(?![$<{*])[^\s/@?#]+@/i],
]

/** What a text holds that looks like a secret by itself, such as `an AWS access key`. */
export function secretIn(text: string): string | undefined {
  return VALUES.find(([, pattern]) => pattern.test(text))?.[0]
}

/** A name as messages may show it. */
export function shownName(name: string): string {
  return secretIn(name) === undefined ? name : '…'
}

export interface SecretFound {
  /** `config.db.password`. */
  readonly path: string
  /** Continues "looks like": `a secret, by its name`. */
  readonly what: string
}

/** Secrets in a variable and in the data below it. Getters are not called. */
export function secretsIn(name: string, value: unknown): readonly SecretFound[] {
  const found: SecretFound[] = []
  const seen = new Set<object>()
  const visit = (key: string, path: string, item: unknown, depth: number): void => {
    if (typeof item === 'string') {
      const kind = secretIn(item)
      if (kind !== undefined) found.push({ path, what: kind })
      else if (item.length >= LEAST_CHARACTERS && !/\s/.test(item) && isSecretName(key)) {
        found.push({ path, what: 'a secret, by its name' })
      }
      return
    }
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) {
      const bytes = item instanceof Uint8Array && item.byteLength < 16_384 ? item : undefined
      const kind = bytes === undefined ? undefined : secretIn(Buffer.from(bytes).toString('latin1'))
      if (kind !== undefined) found.push({ path, what: kind })
      return
    }
    if (depth > DEPTH || seen.size >= OBJECTS_LOOKED_AT || seen.has(item)) return
    seen.add(item)
    if (item instanceof URL) {
      visit(key, `${path}.href`, item.href, depth + 1)
      return
    }
    if (item instanceof Map) {
      // Keys are data: they are not shown.
      for (const [k, v] of item) {
        visit('', `${path}.keys()`, k, depth + 1)
        visit(typeof k === 'string' ? k : '', `${path}.get(…)`, v, depth + 1)
      }
      return
    }
    if (item instanceof Set) {
      for (const one of item) visit(key, `${path}.values()`, one, depth + 1)
      return
    }
    const isArray = Array.isArray(item)
    const keys = isArray
      ? Array.from({ length: Math.min(item.length, OBJECTS_LOOKED_AT) }, (_, i) => `${i}`)
      : Object.keys(item)
    for (const k of keys) {
      const shown = isArray ? `${path}[${k}]` : `${path}.${shownName(k)}`
      if (!isArray) visit('', shown, k, depth + 1)
      const property = Object.getOwnPropertyDescriptor(item, k)
      if (property === undefined || !('value' in property)) continue
      visit(isArray ? key : k, shown, property.value, depth + 1)
    }
  }
  try {
    visit(name, name, value, 0)
  } catch {
    // A proxy that throws: what cannot be read is not captured either.
  }
  return found
}
