/** A driver that was bundled with its packages, or minified: what it captures could be wrong, so that it is refused. */

import { isPristineGlobal } from './pristine-globals.ts'
import type { Program } from './program.ts'
import { boundNames, isFunction, namesDeclaredBy, type SyntaxNode, walk } from './syntax.ts'

/** Functions that bundlers write to hold modules together. */
const MODULE_HELPERS = new Set([
  ...['__webpack_require__', '__commonJS', '__commonJSMin'],
  // Rollup's.
  ...['getDefaultExportFromCjs', 'getAugmentedNamespace', '_mergeNamespaces'],
])
/** Those that they write for a single file too: only with a package's path do they tell of a bundle. */
const HELPERS = new Set([
  '__esm',
  '__export',
  '__exportAll',
  '__toESM',
  '__copyProps',
  '__reExport',
  '__require',
])
/** The comment that Rolldown puts before each file of a package: nobody else writes one. */
const PACKAGE_REGION = /^\/\/#region \S*\bnode_modules\/\S+\.[cm]?js$/m
/** The comment that esbuild puts before each file of a package. */
const PACKAGE_FILE = /^\/\/ \S*\bnode_modules\/\S+\.[cm]?js$/m
const WRITTEN_HELPER =
  /__(?:webpack_require__|commonJS|esm|export|toESM|copyProps|reExport|require)|getDefaultExportFromCjs|getAugmentedNamespace|_mergeNamespaces/
/** People write one or two. */
const STATEMENTS_A_LINE = 12
const LEAST_STATEMENTS = 24

const forms = new WeakMap<Program, string | undefined>()

function countStatements(tree: SyntaxNode): number {
  let count = 0
  walk(tree, ({ type }) => {
    if (/Statement$|^VariableDeclaration$/.test(type) && type !== 'BlockStatement') count++
  })
  return count
}

/** The names of functions and variables that the program declares, at whatever depth. */
function declaredNames(tree: SyntaxNode): Set<string> {
  const names = new Set<string>()
  walk(tree, node => {
    if (isFunction(node) && node.type !== 'ArrowFunctionExpression' && node.id) names.add(node.id.name)
    if (node.type === 'VariableDeclarator') for (const name of boundNames(node.id)) names.add(name)
  })
  return names
}

function hasPackages({ source, tree }: Program): boolean {
  // What is not written cannot be declared: most programs are told by that, without a walk.
  if (PACKAGE_REGION.test(source)) return true
  if (!WRITTEN_HELPER.test(source)) return false
  const names = [...declaredNames(tree)]
  if (names.some(name => MODULE_HELPERS.has(name))) return true
  return PACKAGE_FILE.test(source) && names.some(name => HELPERS.has(name))
}

/**
 * Whether one scope holds several files: Rollup gives the second `parse` the name `parse$1`, and says nothing else. It
 * does so for names of globals too.
 */
function hasSeveralFiles({ source, tree }: Program): boolean {
  if (!/\$\d/.test(source)) return false
  const names = new Set(namesDeclaredBy(tree))
  return [...names].some(name => {
    const first = /^([^$].*)\$\d+$/.exec(name)?.[1]
    return first !== undefined && (names.has(first) || isPristineGlobal(first))
  })
}

function find(program: Program): string | undefined {
  const { source, map, tree } = program
  const isBundled =
    hasPackages(program) ||
    (map?.sources.some(file => file !== null && /(?:^|\/)node_modules\//.test(file)) ?? false)
  if (isBundled) return 'was bundled with its packages'
  if (map === null && hasSeveralFiles(program)) return 'was bundled from several files without a source map'
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
