/** Random classes with statics, static blocks, private members, accessors and inheritance, and instances of them. */
import type { Declaration } from './declarations.ts'
import { type Declared, MODULUS, parameter } from './draw.ts'
import { number } from './expressions.ts'

/** A class and one that extends it; with private fields an instance is made again, without it is copied. */
const inherited: Declaration = (draw, scope, out): Declared => {
  const [Base, Derived, name] = [draw.freshClass(), draw.freshClass(), draw.fresh()]
  const within = [...scope, parameter('n')]
  const hides = draw.random.chance(0.3)
  const text = [
    `class ${Base} { static least = ${number(draw, scope, 1)}; ${hides ? '#hidden = 5; ' : ''}size = ${number(draw, scope, 1)}`,
    `  turn(n) { return (${number(draw, within, 2)} + this.size + ${Base}.least${hides ? ' + this.#hidden' : ''}) % ${MODULUS} } }`,
    `class ${Derived} extends ${Base} { turn(n) { return super.turn(n) + (this instanceof ${Base} ? 1 : 0) }`,
    `  get twice() { return this.size * 2 } static make() { return new this() } }`,
    `${out}const ${name} = ${hides ? `new ${Derived}()` : `${Derived}.make()`}`,
    hides ? '' : `${name}.size = ${number(draw, scope, 1)}`,
  ]
  return { text: text.join('\n'), known: [{ name, kind: 'instance' }] }
}

const statics: Declaration = (draw, scope, out): Declared => {
  const [Class, name, key] = [draw.freshClass(), draw.fresh(), draw.fresh()]
  const within = [...scope, parameter('n')]
  const text = [
    `const ${key} = Symbol('${key}')`,
    `class ${Class} { static #own = ${number(draw, scope, 1)}; static total = 1; static { this.total += ${number(draw, scope, 1)}; for (const k of ['p', 'q']) this[k] = k.length }`,
    `  static get own() { return ${Class}.#own + this.total } static [${key}](n) { return this.own + n } ['of' + 1] = 4`,
    `  size = ${Class}.total; turn(n) { return (${number(draw, within, 1)} + ${Class}[${key}](n) + this.of1) % ${MODULUS} } }`,
    out === '' && draw.random.chance(0.5) ? `${Class}.total = ${number(draw, scope, 1)}` : '',
    `${out}const ${name} = new ${Class}()`,
  ]
  return { text: text.join('\n'), known: [{ name, kind: 'instance' }] }
}

const privateMembers: Declaration = (draw, scope, out): Declared => {
  const [Class, name] = [draw.freshClass(), draw.fresh()]
  const within = [...scope, parameter('n')]
  const text = [
    `class ${Class} { #hidden; size = 2; #list = [1, 2]; constructor(n = 3) { this.#hidden = n; this.#fill() }`,
    `  #fill() { this.#list.push(this.#hidden); this.size = this.#list.length } get hidden() { return this.#hidden } set hidden(n) { this.#hidden = n }`,
    `  static is(one) { return #hidden in one } *items() { yield* this.#list } async later() { return this.size }`,
    `  turn(n) { return ([...this.items()].length + this.hidden + ${number(draw, within, 1)} + (${Class}.is(this) ? 1 : 0)) % ${MODULUS} } }`,
    `${out}const ${name} = new ${Class}(${number(draw, scope, 1)})`,
  ]
  return { text: text.join('\n'), known: [{ name, kind: 'instance' }] }
}

/** A class expression of a function, as mixins are. */
const mixin: Declaration = (draw, scope, out): Declared => {
  const [mix, Base, name] = [draw.fresh(), draw.freshClass(), draw.fresh()]
  const text = [
    `class ${Base} { size = ${number(draw, scope, 1)}; turn(n) { return n + this.size } }`,
    `const ${mix} = (Parent, by) => class extends Parent { more = by; turn(n) { return (super.turn(n) * by + ${number(draw, scope, 1)}) % ${MODULUS} } }`,
    `${out}const ${name} = new (${mix}(${Base}, ${draw.seed()}))()`,
  ]
  return { text: text.join('\n'), known: [{ name, kind: 'instance' }] }
}

export const CLASSES: readonly Declaration[] = [inherited, inherited, statics, privateMembers, mixin]
