/** Which variable of a module an export is. */
import type { Program } from './program.ts'
import type { Binding } from './program-index.ts'
import { boundNames, withoutExport } from './syntax.ts'

/** The variable that the module declares and exports as `name`; undefined for what it exports of another module. */
export function exportedBinding({ tree }: Program, name: string): Binding | undefined {
  const local = (found: string | undefined): Binding | undefined =>
    found === undefined ? undefined : { declaring: tree, name: found }
  for (const statement of tree.body) {
    if (statement.type === 'ExportDefaultDeclaration' && name === 'default') {
      const { declaration } = statement
      return local(
        declaration.type === 'Identifier'
          ? declaration.name
          : 'id' in declaration
            ? declaration.id?.name
            : undefined,
      )
    }
    if (statement.type !== 'ExportNamedDeclaration' || statement.source) continue
    const declared = withoutExport(statement)
    const names =
      declared.type === 'VariableDeclaration'
        ? declared.declarations.flatMap(one => boundNames(one.id))
        : (declared.type === 'FunctionDeclaration' || declared.type === 'ClassDeclaration') && declared.id
          ? [declared.id.name]
          : []
    if (names.includes(name)) return local(name)
    for (const { exported, local: inner } of statement.specifiers) {
      const outer = exported.type === 'Identifier' ? exported.name : String(exported.value)
      if (outer === name && inner.type === 'Identifier') return local(inner.name)
    }
  }
  return undefined
}
