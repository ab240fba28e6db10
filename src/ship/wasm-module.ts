/** The source of an ES module that gives what Node gives to who imports a WebAssembly file. */
import { DunlinError } from '../../operators/index.ts'
import { displayPath } from './source-position.ts'

/** The part of the global `WebAssembly` that is used here: its types belong to browsers. */
interface WebAssemblyModules {
  readonly Module: {
    new (bytes: Uint8Array): object
    imports(module: object): readonly { readonly module: string }[]
    exports(module: object): readonly { readonly name: string; readonly kind: string }[]
  }
}

const { Module } = (globalThis as unknown as { WebAssembly: WebAssemblyModules }).WebAssembly

/** @throws DunlinError `CANNOT_SHIP` where the file imports something, or exports a global, or is no WebAssembly */
export function wasmModule(file: string, bytes: Uint8Array): string {
  const module = compiled(file, bytes)
  const [needed] = Module.imports(module)
  if (needed !== undefined) throw refusal(file, `imports ${JSON.stringify(needed.module)}`)
  const exported = Module.exports(module)
  const global = exported.find(({ kind }) => kind === 'global')
  if (global !== undefined) throw refusal(file, `exports a global, ${global.name}`)
  const base64 = Buffer.from(bytes).toString('base64')
  const names = exported.map(({ name }) => JSON.stringify(name))
  return [
    `const bytes = Uint8Array.from(atob('${base64}'), one => one.charCodeAt(0))`,
    'const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))',
    ...names.map((name, i) => `const e${i} = exports[${name}]`),
    `export { ${names.map((name, i) => `e${i} as ${name}`).join(', ')} }`,
  ].join('\n')
}

function compiled(file: string, bytes: Uint8Array): object {
  try {
    return new Module(bytes)
  } catch (cause) {
    throw refusal(file, 'is not a WebAssembly module', cause)
  }
}

function refusal(file: string, what: string, cause?: unknown): DunlinError {
  return new DunlinError('CANNOT_SHIP', `cannot ship: ${displayPath(file)} ${what}`, {
    hint: 'read its bytes into a constant at the top level, and instantiate them inside the function',
    place: { at: displayPath(file) },
    ...(cause === undefined ? {} : { cause }),
  })
}
