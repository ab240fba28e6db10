/** Random programs of nested closures, classes, captures, changes and imports: the same seed gives the same program. */
import { change, changingClass, opaque } from './changing.ts'
import { CLASSES } from './class-declarations.ts'
import { DECLARATIONS } from './declarations.ts'
import { type Declared, Draw, type Known, parameter } from './draw.ts'
import { block, number } from './expressions.ts'
import { createRandom } from './random.ts'

export interface GeneratedProgram {
  /** Name → text; `main.mjs` exports `functions`. */
  readonly files: Readonly<Record<string, string>>
  /** How many there are. */
  readonly functions: number
}

const DECLARED = { least: 4, most: 11 }

/** Shares of what a declaration of the main file is; the rest is taken from all kinds alike. */
const SHARE = { classes: 0.15, change: 0.1, opaque: 0.025, changingClass: 0.01 }

function declaration(draw: Draw, scope: readonly Known[], own: readonly Known[], out: string): Declared {
  const { random } = draw
  if (random.chance(SHARE.classes)) return random.pick(CLASSES)(draw, scope, out)
  if (out === '') {
    if (random.chance(SHARE.opaque)) return opaque(draw, scope)
    if (random.chance(SHARE.changingClass)) return changingClass(draw, scope)
  }
  const changed = random.chance(SHARE.change) ? change(draw, own) : undefined
  return changed ?? random.pick(DECLARATIONS)(draw, scope, out)
}

/** The text of a file; what it declares is added to `scope`. */
function file(draw: Draw, scope: Known[], out: string): string {
  const lines: string[] = []
  const own: Known[] = []
  for (let i = DECLARED.least + draw.random.below(DECLARED.most - DECLARED.least); i > 0; i--) {
    const { text, known } = declaration(draw, scope, own, out)
    lines.push(text)
    scope.push(...known)
    own.push(...known)
  }
  return lines.join(';\n')
}

/** A function to ship. */
function shipped(draw: Draw, scope: readonly Known[]): string {
  const within: readonly Known[] = [...scope, parameter('record')]
  const stateful = draw.known(scope, 'stateful')
  const later = draw.known(scope, 'async')
  const more = stateful !== undefined && draw.random.chance(0.5) ? ` + ${stateful}(record)` : ''
  if (later !== undefined && draw.random.chance(0.5))
    return `async record => (await ${later}(${number(draw, within, 2)}))${more}`
  if (draw.random.chance(0.2)) return `async record => (await ${number(draw, within)})${more}`
  return draw.random.chance(0.5)
    ? `record => ${number(draw, within)}${more}`
    : `function (record) { ${block(draw, within, 2)}${more} }`
}

export function generateProgram(seed: number): GeneratedProgram {
  const random = createRandom(seed)
  const draw = new Draw(random)
  const files: Record<string, string> = {}
  const scope: Known[] = []
  const imports: string[] = []
  if (random.chance(0.25)) {
    const exported: Known[] = []
    files['library.mjs'] = `${file(draw, exported, 'export ')}\n`
    const used = exported.filter(() => random.chance(0.6))
    imports.push(
      `import ${used.length === 0 ? '' : `{ ${used.map(({ name }) => name).join(', ')} } from `}'./library.mjs'`,
    )
    scope.push(...used)
  }
  if (random.chance(0.2)) {
    imports.push("import { posix } from 'node:path'")
    imports.push("const depthOf = n => posix.join('a', String(n), '..', 'b').length")
    scope.push({ name: 'depthOf', kind: 'function' })
  }
  const body = file(draw, scope, '')
  const functions = Array.from({ length: 1 + random.below(3) }, () => shipped(draw, scope))
  files['main.mjs'] = [
    ...imports,
    body,
    `export const functions = [\n  ${functions.join(',\n  ')},\n]`,
    '',
  ].join('\n')
  return { files, functions: functions.length }
}
