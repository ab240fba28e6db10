/** Variables that are copied: each is written once, under a name of its own. */
import type { Capture } from './capture.ts'
import { isModuleReference, reevaluate } from './reevaluate.ts'
import { Refusal } from './refusal.ts'
import { secretsIn } from './secrets.ts'
import { DROPPED, type Variable } from './site.ts'

function describe(name: string, value: unknown): string | null {
  return typeof value === 'function' ? null : `variable ${name}`
}

/** The name in the module of a variable that is copied; writes it when it is new. */
export function variable(c: Capture, v: Variable): string {
  const known = c.bindings.get(v.key)
  if (known !== undefined) return known
  const text = c.newName(v.name)
  c.remember(c.bindings, v.key, text)
  const value = readVariable(c, v)
  for (const { path, what } of secretsIn(v.name, value)) c.warnOfSecret(`variable ${path}`, what)
  c.measured(`variable ${v.name}`, () =>
    c.within(describe(v.name, value), () => {
      if (value === DROPPED || (v.declared !== undefined && isModuleReference(v.declared))) {
        return reevaluate(c, v, text, value)
      }
      try {
        c.attempt(() => {
          const copy = c.value(value, null)
          c.emit(() => (c.assigned.has(text) ? 'let' : 'const'), ` ${text} = ${copy};`)
        })
      } catch (error) {
        if (!(error instanceof Refusal) || !error.options.opaque) throw error
        reevaluate(c, v, text, value, error)
      }
    }),
  )
  return text
}

function readVariable(c: Capture, v: Variable): unknown {
  try {
    return v.read()
  } catch (error) {
    if (error instanceof Refusal) throw error
    return c.within(`variable ${v.name}`, () =>
      c.refuse(`${v.name} is used before its initialisation`, {
        hint: 'run the pipeline below its declaration',
      }),
    )
  }
}
