/** Random declarations of functions and data at the top level of a file. */
import { type Declared, type Draw, type Kind, type Known, MODULUS, parameter } from './draw.ts'
import { arrow, block, number } from './expressions.ts'

/** `out` is `export ` or nothing: what the main file changes in another one starts anew on a worker, as documented. */
export type Declaration = (draw: Draw, scope: readonly Known[], out: string) => Declared

/** Statements of which the last declares the one name that is used afterwards. */
function one(name: string, kind: Kind, text: string): Declared {
  return { text, known: [{ name, kind }] }
}

/** A declaration of one function of a number, after the statements that it needs. */
function usedBy(draw: Draw, out: string, statements: string, result: string): Declared {
  const name = draw.fresh()
  return one(name, 'function', `${statements};\n${out}const ${name} = n => (${result}) % ${MODULUS}`)
}

const constant: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  return one(name, 'number', `${out}const ${name} = ${number(draw, scope)}`)
}

const changedVariable: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  return one(name, 'number', `${out}let ${name} = ${number(draw, scope)}\n${name} += 1`)
}

const arrowFunction: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  return one(name, 'function', `${out}const ${name} = ${arrow(draw, scope)}`)
}

const functionWithDefault: Declaration = (draw, scope, out) => {
  const [name, argument] = [draw.fresh(), draw.fresh()]
  const body = block(draw, [...scope, parameter(argument)], 2)
  return one(name, 'function', `${out}function ${name}(${argument} = 2) { ${body} }`)
}

const recursive: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  const text = `return n < 1 ? ${number(draw, scope, 1)} : (${name}(Math.floor(Math.min(n, 9) / 2)) + 1) % ${MODULUS}`
  return one(name, 'function', `${out}function ${name}(n) { ${text} }`)
}

/** A function that gives closures over its own variables; they may change them. */
const factory: Declaration = (draw, scope, out) => {
  const [name, state, given, argument, made] = Array.from({ length: 5 }, () => draw.fresh()) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const inside: readonly Known[] = [...scope, { name: state, kind: 'number' }, parameter(given)]
  const changes = out === '' && draw.random.chance(0.3) ? `${state} = (${state} + 1) % ${MODULUS}; ` : ''
  const body = `${changes}return ${number(draw, [...inside, parameter(argument)], 2)}`
  const nested = draw.random.chance(0.4)
    ? `const hidden = ${argument} => { ${body} }; return ${argument} => hidden(${argument} + 1)`
    : `return ${draw.random.chance(0.5) ? `function (${argument}) { ${body} }` : `${argument} => { ${body} }`}`
  return one(
    made,
    'function',
    `function ${name}(${given}) { let ${state} = ${given} * 3; ${nested} }\n${out}const ${made} = ${name}(${draw.seed()})`,
  )
}

/** Closures of one factory that call each other. */
const mutualClosures: Declaration = (draw, scope, out) => {
  const [name, even, odd] = [draw.fresh(), draw.fresh(), draw.fresh()]
  const made = draw.fresh()
  const text = [
    `function ${name}(base) {`,
    `  const ${even} = n => (n < 1 ? base + ${number(draw, scope, 1)} : ${odd}(Math.min(n, 8) - 1) + 1)`,
    `  const ${odd} = n => (n < 1 ? ${number(draw, scope, 1)} : ${even}(Math.min(n, 8) - 1) + 2)`,
    `  return [${even}, ${odd}]`,
    '}',
    `${out}const [, ${made}] = ${name}(${draw.seed()})`,
  ]
  return one(made, 'function', text.join('\n'))
}

const mutual: Declaration = (draw, scope, out) => {
  const [even, odd] = [draw.fresh(), draw.fresh()]
  const text = [
    `${out}const ${even} = n => (n < 1 ? ${number(draw, scope, 1)} : (${odd}(Math.min(n, 8) - 1) + 1) % ${MODULUS})`,
    `${out}function ${odd}(n) { return n < 1 ? ${number(draw, scope, 1)} : (${even}(Math.min(n, 8) - 1) + 2) % ${MODULUS} }`,
  ]
  // What stands in other declarations may run before `even` is there, but nothing is called between the two.
  return {
    text: text.join('\n'),
    known: [
      { name: even, kind: 'function' },
      { name: odd, kind: 'function' },
    ],
  }
}

const object: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  const text = `${out}const ${name} = { x: ${number(draw, scope)}, y: ${number(draw, scope, 1)}, deep: { z: [${number(draw, scope, 1)}] } }`
  return one(name, 'object', `${text}\n${name}.self = ${name}`)
}

const array: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  return one(
    name,
    'array',
    `${out}const ${name} = [${number(draw, scope)}, ${number(draw, scope, 1)}, -0, ${number(draw, scope, 1)}]`,
  )
}

const map: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  return one(
    name,
    'map',
    `${out}const ${name} = new Map([['k0', ${number(draw, scope)}], ['k1', ${number(draw, scope, 1)}]])`,
  )
}

/** Two variables that lead to one object. */
const shared: Declaration = (draw, scope, out) => {
  const [name, left, right] = [draw.fresh(), draw.fresh(), draw.fresh()]
  return usedBy(
    draw,
    out,
    `const ${name} = { x: ${number(draw, scope, 1)}, y: 1 }\nconst ${left} = { ${name} }, ${right} = [${name}]`,
    `${left}.${name} === ${right}[0] && ${right}[0] === ${name} ? n : -1`,
  )
}

const symbolKeys: Declaration = (draw, scope, out) => {
  const [key, holder] = [draw.fresh(), draw.fresh()]
  const symbol = draw.random.chance(0.3) ? `Symbol.for('${key}')` : `Symbol('${key}')`
  const text = `const ${key} = ${symbol}\nconst ${holder} = { [${key}]: ${number(draw, scope, 1)}, ['y' + 1]: 2, get own() { return this[${key}] } }`
  return usedBy(draw, out, text, `${holder}[${key}] + ${holder}.own + ${holder}.y1 + n`)
}

const accessors: Declaration = (draw, scope, out) => {
  const [holder, hidden] = [draw.fresh(), draw.fresh()]
  const text = [
    `let ${hidden} = ${number(draw, scope, 1)}`,
    `const ${holder} = { get now() { return ${hidden} + ${number(draw, scope, 1)} }, plus(n) { return this.now + n } }`,
    `Object.defineProperty(${holder}, 'fixed', { value: ${number(draw, scope, 1)} })`,
    draw.random.chance(0.3) ? `Object.freeze(${holder})` : '',
  ]
  return usedBy(draw, out, text.join('\n'), `${holder}.plus(n) + ${holder}.fixed`)
}

const generatorFunction: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  const within = [...scope, parameter('n')]
  const text = `function* ${name}(n, end = ${number(draw, scope, 0)} % 4) { let got = 0; while (got < end) { yield got * ${number(draw, within, 1)}; got++ } yield* [n, 1] }`
  return usedBy(draw, out, text, `[...${name}(n)].reduce((a, b) => (a + b) % ${MODULUS}, 0)`)
}

const asyncFunction: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  const within = [...scope, parameter('n')]
  return one(
    name,
    'async',
    `${out}async function ${name}(n) { for await (const one of [n, ${number(draw, within, 1)}]) n = (n + one) % ${MODULUS}; return ${number(draw, within, 1)} }`,
  )
}

const destructured: Declaration = (draw, scope, out) => {
  const [a, b, c] = [draw.fresh(), draw.fresh(), draw.fresh()]
  const text = `function ${a}({ p: ${b} = ${number(draw, scope, 1)}, ...rest } = {}, [${c} = ${b}, { q = ${c} } = {}] = [], then = () => ${b} + q) { return then() + ${c} + Object.keys(rest).length }`
  return usedBy(draw, out, text, `${a}({ p: n, r: 1 }) + ${a}() + ${a}({}, [n])`)
}

/** One name that means something else in every scope. */
const shadowing: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  const [value, other] = [number(draw, scope, 1), number(draw, scope, 1)]
  const text = [
    `const ${name} = ${value}`,
    `function of${name}(n) { let sum = ${name}; { const ${name} = n; sum += ${name}; { let ${name} = ${other}; sum += (${name} => ${name} + 1)(${name}) } }`,
    `  try { throw 3 } catch (${name}) { sum += ${name} } for (const ${name} of [1, 2]) sum += ${name}`,
    `  const inner = function ${name}(n) { return n < 1 ? 0 : 1 + ${name}(n - 1) }; return sum + inner(3) + typeof ${name}.length }`,
  ]
  return usedBy(draw, out, text.join('\n'), `of${name}(n).length + ${name}`)
}

const loopClosures: Declaration = (draw, scope, out) => {
  const [list, i] = [draw.fresh(), draw.fresh()]
  const body = `n => (n + ${i} * 3 + ${number(draw, scope, 1)}) % ${MODULUS}`
  const text = draw.random.pick([
    `for (let ${i} = 0; ${i} < 3; ${i}++) ${list}.push(${body})`,
    `for (const ${i} of [4, 5, 6]) { const own = ${i} + 1; ${list}.push(${body}, n => n + own) }`,
    `for (var ${i} = 0; ${i} < 3; ${i}++) ${list}.push(${body})`,
    `[7, 8, 9].forEach((${i}, at) => ${list}.push(${body}, n => n + at))`,
    `let ${i} = 0; while (${i} < 3) { const kept = ${i}++; ${list}.push(n => n + kept) }`,
  ])
  return usedBy(draw, out, `const ${list} = [];\n${text}`, `${list}[Math.abs(n) % 3](n) + ${list}.length`)
}

const taggedTemplate: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  const text = `function ${name}(texts, ...values) { return texts.raw.join('').length + values.reduce((a, b) => a + b, ${number(draw, scope, 1)}) }`
  return usedBy(draw, out, text, `${name}\`a\\t\${n}b\${${number(draw, scope, 0)}}\``)
}

/** Values of the other builtin kinds. */
const builtinValues: Declaration = (draw, scope, out) => {
  const name = draw.fresh()
  const value = number(draw, scope, 1)
  const [made, read] = draw.random.pick([
    [`new Set([${value}, 'a', 1])`, `${name}.size + (${name}.has(n) ? 1 : 0)`],
    [
      `Float64Array.of(${value}, 2, 3).subarray(1)`,
      `${name}.length + ${name}[0] + ${name}.buffer.byteLength`,
    ],
    [`[new Uint8Array(4)].flatMap(a => [a, a.subarray(1, 3)])`, `(${name}[1][0] = 5, ${name}[0][1]) + n`],
    [`new Date(Math.abs(${value}))`, `${name}.getTime() + n`],
    [`BigInt(Math.trunc(${value} % 97) || 0)`, `Number(${name} % 97n) + n`],
    [`/(\\d+)-${value.length}/gi`, `'x'.replace(${name}, '').length + ${name}.flags.length + n`],
    [`new Intl.Collator('en')`, `${name}.compare('a', 'b') + n`],
    [`Object.create({ base: 2, get more() { return this.base + 1 } })`, `${name}.more + ${name}.base + n`],
    [
      `new RangeError('r${value.length}')`,
      `${name}.message.length + (${name} instanceof RangeError ? n : 0)`,
    ],
    [`[1, , 3]`, `${name}.length + Object.keys(${name}).length + n`],
  ] as const)
  return usedBy(draw, out, `const ${name} = ${made}`, read)
}

/** A file's own state, which only shipped code changes further. */
const ownState: Declaration = (draw, scope, out) => {
  if (out === '') return constant(draw, scope, out)
  const [state, name] = [draw.fresh(), draw.fresh()]
  const text = `let ${state} = ${number(draw, scope, 1)}; const log${state} = [${state}]; log${state}.push(1)\n${out}function ${name}(n) { ${state} = (${state} + n) % ${MODULUS}; log${state}.push(n); return ${state} + log${state}.length }`
  // No local variable may hide it: it is added to what has been written.
  return { text, known: [{ name, kind: 'stateful', parameter: true }] }
}

export const DECLARATIONS: readonly Declaration[] = [
  ...[constant, changedVariable, arrowFunction, functionWithDefault, recursive, factory, factory],
  ...[mutualClosures, mutual, object, array, map, shared, symbolKeys, accessors, generatorFunction],
  ...[asyncFunction, destructured, shadowing, loopClosures, taggedTemplate, builtinValues, ownState],
]
