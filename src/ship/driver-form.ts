/** A driver that was bundled with its packages, or minified: what it captures could be wrong, so that it is refused. */
import type { Program } from './program.ts'
import { children, type SyntaxNode } from './syntax.ts'

/** What bundlers leave in what they write: their own functions, and comments with the paths of packages. */
const BUNDLER = /\b__webpack_require__\s*\(|^\/\/ (?:\.\.?\/)*node_modules\/|\b__commonJS\s*=\s*\(/m
/** People write one or two. */
const STATEMENTS_A_LINE = 12
const LEAST_STATEMENTS = 24

const forms = new WeakMap<Program, string | undefined>()

function countStatements(node: SyntaxNode): number {
  const own = /Statement$|^VariableDeclaration$/.test(node.type) && node.type !== 'BlockStatement' ? 1 : 0
  return children(node).reduce((sum, child) => sum + countStatements(child), own)
}

function find(program: Program): string | undefined {
  const { source, map, tree } = program
  const isBundled =
    BUNDLER.test(source) ||
    (map?.sources.some(file => file !== null && /(?:^|\/)node_modules\//.test(file)) ?? false)
  if (isBundled) return 'was bundled with its packages'
  // Programs such as tsx run one file as one line, with a map that tells where everything was.
  if (map !== null && map.sources.length === 1) return undefined
  const statements = countStatements(tree)
  const lines = source.split('\n').filter(line => line.trim() !== '' && !line.startsWith('//')).length
  return statements >= LEAST_STATEMENTS && statements / lines > STATEMENTS_A_LINE ? 'was minified' : undefined
}

/** Why the program cannot be captured from, after "the driver …"; undefined where it can. */
export function unreadableForm(program: Program): string | undefined {
  if (!forms.has(program)) forms.set(program, find(program))
  return forms.get(program)
}
