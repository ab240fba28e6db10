/** Random programs of nested closures, classes, captures and imports: the same seed gives the same program. */
import { createRandom, type Random } from './random.ts'

export interface GeneratedProgram {
  /** Name → text; `main.mjs` exports `functions`. */
  readonly files: Readonly<Record<string, string>>
  /** How many there are. */
  readonly functions: number
}

type Kind = 'number' | 'function' | 'object' | 'array' | 'map' | 'instance'

interface Known {
  readonly name: string
  readonly kind: Kind
  /** It cannot be declared again by a block. */
  readonly parameter?: true
}

const DECLARATIONS = { least: 4, most: 11 }
const DEPTH = 3
const MODULUS = 9973

/** Whether a line of code has the name, as a whole. */
function uses(line: string, name: string): boolean {
  return line.split(/[^\w$]+/).includes(name)
}

/** Writes one program; every name it declares is visible to what comes after it. */
class Generator {
  private readonly random: Random
  private names = 0
  private seeds = 1000

  constructor(random: Random) {
    this.random = random
  }

  private fresh(): string {
    // Few stems, so that names hide each other and look like those of globals and of generated modules.
    const stem = this.random.pick(['a', 'b', 'value', 'name', 'map', 'f', 'of', '$x', '_', 'get', 'self'])
    return `${stem}${this.names++}`
  }

  /** A number that no other call of a factory is given: V8 cannot tell runs of a function with equal states apart. */
  private seed(): number {
    return (this.seeds += 17)
  }

  private known(scope: readonly Known[], kind: Kind): string | undefined {
    const all = scope.filter(one => one.kind === kind)
    return all.length === 0 ? undefined : this.random.pick(all).name
  }

  number(scope: readonly Known[], depth = DEPTH): string {
    const { random } = this
    const of = (kind: Kind): string | undefined => this.known(scope, kind)
    const inner = (): string => this.number(scope, depth - 1)
    if (depth <= 0) return of('number') ?? String(random.below(100))
    const name = this.fresh()
    const ways: (() => string | undefined)[] = [
      () => of('number'),
      () => `(${inner()} ${random.pick(['+', '-', '*', '^'])} ${inner()}) % ${MODULUS}`,
      () => `(${inner()} > ${inner()} ? ${inner()} : ${inner()})`,
      () => `Math.${random.pick(['max', 'min'])}(${inner()}, ${inner()})`,
      () => of('function') && `${of('function')}(${inner()})`,
      () => of('function') && `${of('function')}(${inner()})`,
      () => of('object') && `${of('object')}.x`,
      () => of('object') && `(({ x: ${name}, y = 3 }) => ${name} + y)(${of('object')})`,
      () =>
        of('array') && `${of('array')}.reduce((sum, ${name}) => (sum + ${name}) % ${MODULUS}, ${inner()})`,
      () => of('array') && `(${of('array')}.at(${inner()} % 3) ?? 0)`,
      () => of('map') && `(${of('map')}.get('k' + (Math.abs(${inner()}) % 3)) ?? ${inner()})`,
      () => of('instance') && `${of('instance')}.turn(${inner()})`,
      () => of('instance') && `${of('instance')}.size`,
      () => `(() => { ${this.block(scope, depth - 1)} })()`,
      () => `\`\${${inner()}}\`.length`,
      () => `[...(function* () { yield ${inner()}; yield ${inner()} })()].length`,
      () =>
        `(${name} => { try { if (${name} % 2) throw { ${name} }; return ${inner()} } catch ({ ${name}: e }) { return e } })(${inner()})`,
    ]
    for (;;) {
      const text = random.pick(ways)()
      if (text !== undefined) return text
    }
  }

  /** Statements that end with a `return`. */
  private block(scope: readonly Known[], depth: number): string {
    const inside = [...scope]
    const lines: string[] = []
    const hideable = scope.filter(one => one.parameter !== true)
    for (let i = this.random.below(3); i >= 0; i--) {
      const name =
        this.random.chance(0.3) && hideable.length > 0 ? this.random.pick(hideable).name : this.fresh()
      if (lines.some(line => uses(line, name))) continue
      // A name of the scope around is hidden by one of the block: its initialiser must not use it.
      const visible = inside.filter(one => one.name !== name)
      lines.push(
        this.random.chance(0.5)
          ? `const ${name} = ${this.number(visible, depth)}`
          : `let ${name} = 0; for (let i = 0; i < 3; i++) ${name} = (${name} + i * ${this.number(visible, 0)}) % ${MODULUS}`,
      )
      inside.splice(0, inside.length, ...visible, { name, kind: 'number' })
    }
    return `${lines.join('\n')}\nreturn ${this.number(inside, depth)}`
  }

  /** A declaration at the top level, and what is known after it. */
  declaration(
    scope: readonly Known[],
    exported: boolean,
  ): { readonly text: string; readonly known: readonly Known[] } {
    const { random } = this
    const name = this.fresh()
    const other = this.fresh()
    const out = exported ? 'export ' : ''
    const one = (text: string, kind: Kind) => ({ text: out + text, known: [{ name, kind }] })
    const ways: (() => ReturnType<Generator['declaration']>)[] = [
      () => one(`const ${name} = ${this.number(scope)}`, 'number'),
      () => one(`let ${name} = ${this.number(scope)}\n${name} += 1`, 'number'),
      () =>
        one(
          `const ${name} = ${other} => ${this.number([...scope, { name: other, kind: 'number', parameter: true }])}`,
          'function',
        ),
      () =>
        one(
          `function ${name}(${other} = 2) { ${this.block([...scope, { name: other, kind: 'number', parameter: true }], 2)} }`,
          'function',
        ),
      () =>
        one(
          `function ${name}(n) { return n < 1 ? ${this.number(scope, 1)} : (${name}(Math.floor(Math.min(n, 9) / 2)) + 1) % ${MODULUS} }`,
          'function',
        ),
      () => this.factory(scope, name, out),
      () => this.factory(scope, name, out),
      () =>
        one(
          `const ${name} = { x: ${this.number(scope)}, y: ${this.number(scope, 1)}, deep: { z: [${this.number(scope, 1)}] } }\n${name}.self = ${name}`,
          'object',
        ),
      () =>
        one(
          `const ${name} = [${this.number(scope)}, ${this.number(scope, 1)}, -0, ${this.number(scope, 1)}]`,
          'array',
        ),
      () =>
        one(
          `const ${name} = new Map([['k0', ${this.number(scope)}], ['k1', ${this.number(scope, 1)}]])`,
          'map',
        ),
      () => this.classes(scope, name, other, out),
      () => this.shared(scope, name, out),
    ]
    return random.pick(ways)()
  }

  /** A function that gives closures over its own variables; they may change them. */
  private factory(scope: readonly Known[], name: string, out: string): ReturnType<Generator['declaration']> {
    const state = this.fresh()
    const parameter = this.fresh()
    const inside: readonly Known[] = [
      ...scope,
      { name: state, kind: 'number' },
      { name: parameter, kind: 'number', parameter: true },
    ]
    // What the program has changed in a file that goes by reference starts anew on a worker: documented, and left out here.
    const changes = out === '' && this.random.chance(0.3) ? `${state} = (${state} + 1) % ${MODULUS}; ` : ''
    const argument = this.fresh()
    const made = this.fresh()
    const body = `${changes}return ${this.number([...inside, { name: argument, kind: 'number', parameter: true }], 2)}`
    const nested = this.random.chance(0.4)
      ? `const hidden = ${argument} => { ${body} }; return ${argument} => hidden(${argument} + 1)`
      : `return ${this.random.chance(0.5) ? `function (${argument}) { ${body} }` : `${argument} => { ${body} }`}`
    return {
      text: `function ${name}(${parameter}) { let ${state} = ${parameter} * 3; ${nested} }\n${out}const ${made} = ${name}(${this.seed()})`,
      known: [{ name: made, kind: 'function' }],
    }
  }

  private classes(
    scope: readonly Known[],
    name: string,
    base: string,
    out: string,
  ): ReturnType<Generator['declaration']> {
    const [Base, Derived] = [`Base${base.replace(/\W/g, '')}`, `Derived${name.replace(/\W/g, '')}`]
    const within: readonly Known[] = [...scope, { name: 'n', kind: 'number', parameter: true }]
    const hides = this.random.chance(0.3)
    const text = [
      `class ${Base} { static least = ${this.number(scope, 1)}; ${hides ? '#hidden = 5; ' : ''}size = ${this.number(scope, 1)}`,
      `  turn(n) { return (${this.number(within, 2)} + this.size + ${Base}.least${hides ? ' + this.#hidden' : ''}) % ${MODULUS} } }`,
      `class ${Derived} extends ${Base} { turn(n) { return super.turn(n) + (this instanceof ${Base} ? 1 : 0) }`,
      `  get twice() { return this.size * 2 } static make() { return new this() } }`,
      // An instance with private fields is made again; any other is copied, with what has become of it.
      `${out}const ${name} = ${hides ? `new ${Derived}()` : `${Derived}.make()`}`,
      hides ? '' : `${name}.size = ${this.number(scope, 1)}`,
    ]
    return { text: text.join('\n'), known: [{ name, kind: 'instance' }] }
  }

  /** Two variables that lead to one object. */
  private shared(scope: readonly Known[], name: string, out: string): ReturnType<Generator['declaration']> {
    const [left, right] = [this.fresh(), this.fresh()]
    return {
      text: `const ${name} = { x: ${this.number(scope, 1)}, y: 1 }\nconst ${left} = { ${name} }, ${right} = [${name}]\n${out}const ${name}same = n => (${left}.${name} === ${right}[0] && ${right}[0] === ${name} ? n : -1)`,
      known: [{ name: `${name}same`, kind: 'function' }],
    }
  }

  file(scope: Known[], exported: boolean): string {
    const lines: string[] = []
    const { least, most } = DECLARATIONS
    for (let i = least + this.random.below(most - least); i > 0; i--) {
      const { text, known } = this.declaration(scope, exported)
      lines.push(text)
      scope.push(...known)
    }
    return lines.join('\n')
  }

  /** A function to ship. */
  shipped(scope: readonly Known[]): string {
    const within: readonly Known[] = [...scope, { name: 'record', kind: 'number', parameter: true }]
    if (this.random.chance(0.2)) return `async record => (await ${this.number(within)})`
    return this.random.chance(0.5)
      ? `record => ${this.number(within)}`
      : `function (record) { ${this.block(within, 2)} }`
  }
}

export function generateProgram(seed: number): GeneratedProgram {
  const random = createRandom(seed)
  const generator = new Generator(random)
  const files: Record<string, string> = {}
  const scope: Known[] = []
  const imports: string[] = []
  if (random.chance(0.25)) {
    const exported: Known[] = []
    files['library.mjs'] = `${generator.file(exported, true)}\n`
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
  const body = generator.file(scope, false)
  const functions = Array.from({ length: 1 + random.below(3) }, () => generator.shipped(scope))
  files['main.mjs'] = [
    ...imports,
    body,
    `export const functions = [\n  ${functions.join(',\n  ')},\n]`,
    '',
  ].join('\n')
  return { files, functions: functions.length }
}
