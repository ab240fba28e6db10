/** Finds the `@example` blocks of the public API, and makes of each a module that checks the values it states. */
import { relative } from 'node:path'
import ts from 'typescript'

/** One name that a user of dunlin can write. */
export interface PublicName {
  /** `Dataset.map`, `read.text`, `Isolation`. */
  readonly name: string
  /** Types are described; what runs is shown in an example too. */
  readonly kind: 'type' | 'runs'
  readonly text: string
  readonly examples: readonly Example[]
}

export interface Example {
  readonly name: string
  readonly file: string
  /** Where its code begins. */
  readonly line: number
  readonly code: string
}

export interface CheckedModule {
  /** The example with imports, as a user would have it. */
  readonly plain: string
  /** The same, with `expression // value` made into `check(line, expression, value)`. */
  readonly checking: string
  /** How many values it states. */
  readonly values: number
}

/** Every name that `entry` exports, with the members of classes, of objects of functions, and of options. */
export function publicNames(program: ts.Program, entry: string): PublicName[] {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
  return checker.getExportsOfModule(module).flatMap(exported => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    return [
      described(exported.name, symbol, checker),
      ...membersOf(symbol, checker).map(member =>
        described(`${exported.name}.${member.name}`, member, checker),
      ),
    ]
  })
}

/** What a class has, the functions of an object such as `read`, the properties that a caller gives. */
function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker): readonly ts.Symbol[] {
  const declared = symbol.declarations![0]!
  if (ts.isVariableDeclaration(declared)) return checker.getTypeOfSymbol(symbol).getProperties()
  const given = ts.isInterfaceDeclaration(declared) && /(Options|Parts)$/.test(symbol.name)
  if (!ts.isClassDeclaration(declared) && !given) return []
  return checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .filter(member => member.declarations?.some(isPublicMember))
}

/** Neither private, nor keyed by a symbol, nor inherited from JavaScript itself. */
function isPublicMember(node: ts.Declaration): boolean {
  if (node.getSourceFile().isDeclarationFile) return false
  const { name } = node as ts.NamedDeclaration
  return name !== undefined && ts.isIdentifier(name)
}

function described(name: string, symbol: ts.Symbol, checker: ts.TypeChecker): PublicName {
  const documented = documentedSymbol(symbol, checker)
  const declarations = documented.declarations!
  return {
    name,
    kind: declarations.some(runs) ? 'runs' : 'type',
    text: ts.displayPartsToString(documented.getDocumentationComment(checker)),
    examples: declarations.flatMap(node =>
      ts
        .getJSDocTags(node)
        .filter(tag => tag.tagName.text === 'example')
        .map(tag => example(name, tag)),
    ),
  }
}

/** `jsonl: readJsonl` is documented where the function is. */
function documentedSymbol(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  const [node] = symbol.declarations!
  const isNamed = node !== undefined && ts.isPropertyAssignment(node) && ts.isIdentifier(node.initializer)
  return isNamed ? checker.getSymbolAtLocation(node.initializer)! : symbol
}

function runs(node: ts.Declaration): boolean {
  return (
    ts.isFunctionLike(node) ||
    ts.isClassDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isGetAccessor(node)
  )
}

function example(name: string, tag: ts.JSDocTag): Example {
  const source = tag.getSourceFile()
  const start = tag.tagName.end
  const code = source.text
    .slice(start, tag.end)
    .replace(/\*\/$/, '')
    .split('\n')
    .map(line => line.replace(/^\s*\* ?/, ''))
  const blank = code.findIndex(line => line.trim() !== '')
  return {
    name,
    file: relative(process.cwd(), source.fileName),
    line: source.getLineAndCharacterOfPosition(start).line + 1 + Math.max(blank, 0),
    code: code.slice(blank).join('\n').trimEnd(),
  }
}

/** `names` are what each door exports: those that the code uses are imported; a key is none. */
export function checkedModule(
  { code, line }: Example,
  names: Readonly<Record<string, readonly string[]>>,
): CheckedModule {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)
  const doors = Object.entries(names).flatMap(([door, exported]) => {
    const used = exported.filter(name => new RegExp(`\\b${name}\\b(?!:)`).test(code))
    return used.length === 0 ? [] : [`import { ${used.join(', ')} } from '${door}'\n`]
  })
  const imports = doors.length === 0 ? 'export {}\n' : doors.join('')
  let checking = code
  let values = 0
  for (const statement of [...source.statements].reverse()) {
    const value = statedValue(statement, code)
    if (!ts.isExpressionStatement(statement) || value === undefined) continue
    const at = line + source.getLineAndCharacterOfPosition(statement.end).line
    const expression = statement.expression.getText(source)
    const call = `;check(${at}, ${expression}, (${value}));`
    checking = checking.slice(0, statement.getStart(source)) + call + checking.slice(statement.end)
    values++
  }
  return {
    plain: imports + code,
    checking: `${imports}import { check } from './check.ts'\n${checking}`,
    values,
  }
}

/** The comment on the line where a statement ends, without what follows it. */
function statedValue(statement: ts.Statement, code: string): string | undefined {
  const [comment] = ts.getTrailingCommentRanges(code, statement.end) ?? []
  return comment === undefined ? undefined : code.slice(comment.pos, comment.end).replace(/^\/\/\s*/, '')
}
