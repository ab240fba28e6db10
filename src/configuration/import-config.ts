/** importConfig: the default export of a configuration file, whatever this Node does with types and packages. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { DunlinError } from '../../operators/index.ts'

const OWN_DOOR = new URL('../index.ts', import.meta.url)

/**
 * The file is a module, whatever the package.json above it says, and `dunlin` is there for it even where it is not
 * installed.
 *
 * @throws CONFIGURATION where it cannot be read, throws, or has no default export
 */
export async function importConfig(path: string): Promise<unknown> {
  const url = pathToFileURL(path).href
  const isTypeScript = path.endsWith('.ts')
  const esbuild = isTypeScript ? await import('esbuild') : undefined
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        if (specifier !== 'dunlin' || context.parentURL !== url) throw error
        return { url: ownDoor(), shortCircuit: true }
      }
    },
    load(asked, context, next) {
      if (asked !== url) return next(asked, context)
      const text = readFileSync(path, 'utf8')
      const source = esbuild === undefined ? text : plain(esbuild, text, path)
      return { format: 'module', source, shortCircuit: true }
    },
  })
  try {
    const module = (await import(url)) as { readonly default?: unknown }
    if ('default' in module) return module.default
  } catch (cause) {
    throw new DunlinError('CONFIGURATION', `${path} cannot be read: ${messageOf(cause)}`, { cause })
  } finally {
    hooks.deregister()
  }
  throw new DunlinError('CONFIGURATION', `${path} has no default export`, {
    hint: "Write: export default defineConfig({ engine: 'local' })",
  })
}

/** Built, it is a `.js`. */
function ownDoor(): string {
  return fileURLToPath(import.meta.url).endsWith('.ts') ? OWN_DOOR.href : OWN_DOOR.href.replace(/ts$/, 'js')
}

function plain({ transformSync }: typeof import('esbuild'), text: string, path: string): string {
  const { code } = transformSync(text, {
    loader: 'ts',
    format: 'esm',
    target: 'node22',
    sourcefile: path,
    sourcemap: 'inline',
    logLevel: 'silent',
  })
  return code
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const [error] = (cause as { readonly errors?: readonly EsbuildMessage[] }).errors ?? []
  if (error === undefined) return cause.message
  return error.location == null ? error.text : `line ${error.location.line}: ${error.text}`
}

interface EsbuildMessage {
  readonly text: string
  readonly location?: { readonly line: number } | null
}
