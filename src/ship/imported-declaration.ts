/** What a name that is imported from another file of the user stands for there. */
import { pathToFileURL } from 'node:url'
import { exportedBinding } from './exported-binding.ts'
import { scriptOfUrl } from './inspect.ts'
import { isPackageFile, targetFile } from './origin.ts'
import { type Program, programOf } from './program.ts'
import { indexOf } from './program-index.ts'
import { type FunctionNode, isFunction, type SyntaxNode } from './syntax.ts'

/** The function that the name stands for. */
export function importedFunction(
  program: Program,
  name: string,
): { readonly program: Program; readonly fn: FunctionNode } | undefined {
  const found = importedDeclaration(program, name)
  return found !== undefined && isFunction(found.node)
    ? { program: found.program, fn: found.node }
    : undefined
}

/** The function or class that the name stands for. */
export function importedDeclaration(
  program: Program,
  name: string,
): { readonly program: Program; readonly node: SyntaxNode } | undefined {
  const imported = program.imports.get(name)
  const file = imported === undefined ? null : targetFile(imported.specifier, program.file)
  if (imported === undefined || file === null || isPackageFile(file)) return undefined
  const script = scriptOfUrl(pathToFileURL(file).href)
  if (script === undefined || !script.isModule) return undefined
  const other = programOf(script.scriptId)
  const binding = exportedBinding(other, imported.name)
  const node = binding === undefined ? undefined : indexOf(other).functionOf(binding)
  return node === undefined ? undefined : { program: other, node }
}
