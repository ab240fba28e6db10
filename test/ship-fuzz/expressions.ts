/** Random expressions that give a number, and blocks of statements that return one. */
import { type Draw, type Known, MODULUS, parameter } from './draw.ts'

const DEPTH = 3

/** An expression that gives a number. */
export function number(draw: Draw, scope: readonly Known[], depth = DEPTH): string {
  const { random } = draw
  const of = (kind: Known['kind']): string | undefined => draw.known(scope, kind)
  const inner = (): string => number(draw, scope, depth - 1)
  if (depth <= 0) return of('number') ?? String(random.below(100))
  const name = draw.fresh()
  return draw.way<string>([
    () => of('number'),
    () => `(${inner()} ${random.pick(['+', '-', '*', '^'])} ${inner()}) % ${MODULUS}`,
    () => `(${inner()} > ${inner()} ? ${inner()} : ${inner()})`,
    () => `Math.${random.pick(['max', 'min'])}(${inner()}, ${inner()})`,
    () => of('function') && `${of('function')}(${inner()})`,
    () => of('function') && `${of('function')}(${inner()})`,
    () => of('function') && `${of('function')}?.(${inner()})`,
    () => of('object') && `${of('object')}.x`,
    () => of('object') && `(${of('object')}.missing?.deep.er ?? ${inner()})`,
    () => of('object') && `(({ x: ${name}, y = 3 }) => ${name} + y)(${of('object')})`,
    () => of('object') && `(({ y, ...${name} }) => Object.keys(${name}).length + y)(${of('object')})`,
    () => of('array') && `${of('array')}.reduce((sum, ${name}) => (sum + ${name}) % ${MODULUS}, ${inner()})`,
    () => of('array') && `(${of('array')}.at(${inner()} % 3) ?? 0)`,
    () => of('array') && `(([${name} = 7, , ...rest]) => ${name} + rest.length)(${of('array')})`,
    () => of('map') && `(${of('map')}.get('k' + (Math.abs(${inner()}) % 3)) ?? ${inner()})`,
    () => of('map') && `${of('map')}.size`,
    () => of('instance') && `${of('instance')}.turn(${inner()})`,
    () => of('instance') && `${of('instance')}.size`,
    () => `(() => { ${block(draw, scope, depth - 1)} })()`,
    () => `(function () { ${block(draw, scope, depth - 1)} }).call(null)`,
    () => `\`\${${inner()}}\`.length`,
    () => `((texts, ...${name}) => texts.raw.length + ${name}[0])\`a\${${inner()}}\\n\${1}\``,
    () => `[...(function* () { yield ${inner()}; yield* [${inner()}, 1] })()].length`,
    () =>
      `(${name} => { try { if (${name} % 2) throw { ${name} }; return ${inner()} } catch ({ ${name}: e }) { return e } finally { } })(${inner()})`,
  ])
}

/** Whether a line of code has the name, as a whole. */
function uses(line: string, name: string): boolean {
  return line.split(/[^\w$]+/).includes(name)
}

/** Loops and the like that work on the number `name`. */
function statement(draw: Draw, scope: readonly Known[], name: string): string {
  const [i, j] = [draw.fresh(), draw.fresh()]
  const value = () => number(draw, scope, 0)
  return draw.random.pick([
    () => `for (let ${i} = 0; ${i} < 3; ${i}++) ${name} = (${name} + ${i} * ${value()}) % ${MODULUS}`,
    () =>
      `${i}: for (const ${j} of [1, 2, 3]) { for (var k = 0; k < 3; k++) { if (k === ${j}) continue ${i}; if (${j} > ${value()} % 3) break ${i}; ${name} += k } }`,
    () =>
      `switch (${value()} % 3) { case 0: { const ${name} = 1; void ${name} } case 1: ${name} += 2; break; default: ${name} -= ${value()} % 7 }`,
    () => `for (const ${i} in { p: 1, q: 2 }) ${name} += ${i}.length`,
    () =>
      `{ const ${i} = []; for (let ${j} = 0; ${j} < 3; ${j}++) ${i}.push(() => ${j} + ${value()} % 5); ${name} += ${i}.reduce((sum, f) => sum + f(), 0) }`,
    () => `[${name}, ] = [(${name} + ${value()}) % ${MODULUS}]`,
    () => `({ ${name} = 4 } = { ${name}: ${value()} % ${MODULUS} })`,
  ])()
}

/** Statements that end with a `return`. */
export function block(draw: Draw, scope: readonly Known[], depth: number): string {
  const inside = [...scope]
  const lines: string[] = []
  const hideable = scope.filter(one => one.parameter !== true)
  for (let i = draw.random.below(3); i >= 0; i--) {
    const name =
      draw.random.chance(0.3) && hideable.length > 0 ? draw.random.pick(hideable).name : draw.fresh()
    if (lines.some(line => uses(line, name))) continue
    // A name of the scope around is hidden by one of the block: its initialiser must not use it.
    const visible = inside.filter(one => one.name !== name)
    lines.push(
      draw.random.chance(0.5)
        ? `const ${name} = ${number(draw, visible, depth)};`
        : `let ${name} = 0; ${statement(draw, visible, name)};`,
    )
    inside.splice(0, inside.length, ...visible, { name, kind: 'number' })
  }
  return `${lines.join('\n')}\nreturn ${number(draw, inside, depth)}`
}

/** A function of one number, as an expression. */
export function arrow(draw: Draw, scope: readonly Known[]): string {
  const name = draw.fresh()
  return `${name} => ${number(draw, [...scope, parameter(name)], 2)}`
}
