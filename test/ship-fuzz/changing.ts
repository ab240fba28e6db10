/** What programs change before they ship: data that is copied as it stands, and objects that only an initialiser can make. */
import { type Declared, type Draw, type Known, MODULUS } from './draw.ts'
import { number } from './expressions.ts'

/** Ways to change the array `name`, each a statement or more. */
function changeOfArray(draw: Draw, name: string): string {
  const [other, second] = [draw.fresh(), draw.fresh()]
  return draw.random.pick([
    `${name}.shift()`,
    `const ${other} = ${name}; ${other}.shift()`,
    `function ${other}(list) { return list.pop() }; ${other}(${name})`,
    `const ${other} = list => { const same = list; same[0] = 5 }; ${other}(${name})`,
    `class C${other} { constructor(list) { this.list = list } take() { return this.list.shift() } }; const ${second} = new C${other}(${name}); ${second}.take()`,
    `const ${other} = { in: { ${name} } }; ${other}.in.${name}.push(6)`,
    `const ${other} = () => ${name}; ${other}().reverse()`,
    `for (const ${other} of [${name}]) ${other}.sort()`,
    `Object.assign(${name}, [8, 9])`,
    `[${name}[0], ${name}[1]] = [${name}[1], ${name}[0]]`,
  ])
}

/** A change of an array, map or object of the same file. */
export function change(draw: Draw, scope: readonly Known[]): Declared | undefined {
  const array = draw.known(scope, 'array')
  const map = draw.known(scope, 'map')
  const object = draw.known(scope, 'object')
  const other = draw.fresh()
  const text = draw.random.pick([
    array && changeOfArray(draw, array),
    array && changeOfArray(draw, array),
    map && `${map}.delete('k0'); ${map}.set('k2', ${number(draw, scope, 1)})`,
    map && `const ${other} = ${map}; ${other}.set('k1', 1)`,
    object && `const { deep: ${other} } = ${object}; ${other}.z.push(2); ${object}.x += 1`,
  ])
  return text === undefined || text === '' ? undefined : { text: `;${text};`, known: [] }
}

/** A class whose instances cannot be copied, and whose methods change them, or not. */
function holder(Class: string): string {
  return [
    `class ${Class} { #n; #list = []; constructor(n) { this.#n = n } get size() { return this.#n + this.#list.length }`,
    `  turn(n) { return (n + this.#n) % ${MODULUS} } bump() { this.#n += 1; return this.#n } keep(n) { this.#list.push(n); return this } plus(other) { return new ${Class}(this.#n + other.size) } }`,
  ].join('\n')
}

/** An object that is made again from its initialiser: what it was made of, or itself, may be changed before or after. */
export function opaque(draw: Draw, scope: readonly Known[]): Declared {
  const Class = draw.freshClass()
  const [name, state, other, second] = [draw.fresh(), draw.fresh(), draw.fresh(), draw.fresh()]
  const value = number(draw, scope, 1)
  const made = (from: string): string => `const ${name} = new ${Class}(${from})`
  const text = draw.random.pick([
    // Nothing is changed.
    () => `${made(value)}`,
    () => `${made(value)}; const ${other} = ${name}; ${other}.turn(1)`,
    () => `const ${state} = [1, 2]; ${made(`${state}.at(1)`)}`,
    () => `let ${state} = 1; ${state} += 4; ${made(state)}`,
    () => `const ${second} = new ${Class}(2); const ${name} = ${second}.plus(new ${Class}(3))`,
    () => `const ${state} = [4, 5]; ${state}.push(6); ${made(`${state}.length`)}`,
    // It is changed itself.
    () => `${made(value)}; ${name}.bump()`,
    () => `${made(value)}; const ${other} = ${name}.bump()`,
    () => `${made(value)}; const ${other} = ${name}; const ${second} = ${other}.keep(1)`,
    () => `${made(value)}; function ${other}(one) { return one.bump() }; const ${second} = ${other}(${name})`,
    () =>
      `${made(value)}; class C${other} { constructor(one) { this.one = one } go() { return this.one.bump() } }; const ${second} = new C${other}(${name}); ${second}.go()`,
    () => `${made(value)}; const ${other} = [${name}]; const ${second} = ${other}.map(one => one.bump())`,
    // What it was made of is changed by the initialiser.
    () => `const ${state} = [1, 2, 3]; ${made(`${state}.shift()`)}`,
    () => `const ${state} = [1, 2, 3]; const ${other} = ${state}; ${made(`${other}.shift()`)}`,
    () => `const ${state} = [1, 2, 3]; const ${other} = list => list.shift(); ${made(`${other}(${state})`)}`,
    () =>
      `const ${state} = [1, 2]; class C${other} { constructor(list) { this.list = list } take() { return this.list.pop() } }; const ${second} = new C${other}(${state}); ${made(`${second}.take()`)}`,
    () => `const ${second} = new ${Class}(1); ${made(`${second}.bump()`)}`,
    // What it was made of is changed afterwards.
    () => `let ${state} = 1; ${made(state)}; ${state} = 5`,
    () => `const ${state} = [1, 2]; ${made(`${state}.length`)}; ${state}.push(3)`,
    () =>
      `const ${state} = [1, 2]; const ${other} = { ${state} }; ${made(`${state}[0]`)}; ${other}.${state}[0] = 9`,
    () =>
      `const ${state} = { n: 1 }; const ${other} = () => ${state}.n; ${made(`${other}()`)}; ${state}.n = 4`,
  ])()
  return { text: `${holder(Class)}\n${text};`, known: [{ name, kind: 'instance' }] }
}

/** A class whose declaration changes something outside of it, so that declaring it again would do so twice. */
export function changingClass(draw: Draw, scope: readonly Known[]): Declared {
  const [Class, list, name] = [draw.freshClass(), draw.fresh(), draw.fresh()]
  const body = draw.random.pick([
    `static { ${list}.push(${number(draw, scope, 0)}) }`,
    `static first = ${list}.shift()`,
    `static copied = [...${list}]; static { this.copied.push(1) }`,
  ])
  const text = `const ${list} = [1, 2, 3]; class ${Class} { ${body}; static of(n) { return n + ${list}.length } }\nconst ${name} = n => ${Class}.of(n)`
  return { text, known: [{ name, kind: 'function' }] }
}
