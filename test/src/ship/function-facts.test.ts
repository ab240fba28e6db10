/** What is read off a function is never more than what it may do. */

import { parseExpressionAt } from 'acorn'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UserFunction } from '../../../planner/index.ts'
import { analyse, functionFacts } from '../../../src/ship/function-facts.ts'
import type { FunctionNode } from '../../../src/ship/syntax.ts'

const facts = (fn: UserFunction) => functionFacts(fn, 0)
/** The analysis of a text, without asking V8 about each. */
const analysed = (source: string) => {
  const node = parseExpressionAt(source, 0, { ecmaVersion: 'latest' })
  return analyse(node as FunctionNode)
}
const reads = (source: string) => {
  const { reads, escapes } = analysed(source)
  return escapes ? 'escapes' : [...reads].sort().join(' ')
}

describe('reads', () => {
  it.each([
    ['r => r.a + r.b', 'a b'],
    ['r => r["a b"] ?? r?.c', 'a b c'],
    ['r => r.a?.b.c', 'a'],
    ['r => r.text.split(" ").map(w => w + r.sep)', 'sep text'],
    ['({ a, b: { c }, "d e": f = 1 }) => a', 'a b d e'],
    ['({ a = 1 } = {}) => a', 'a'],
    ['(r = { a: 1 }) => r.a', 'a'],
    ['r => { const { a, b: [c] } = r; return a + c }', 'a b'],
    ['function (r) { if (r.a) { return r.b } return () => r.c }', 'a b c'],
    ['(r, task) => task.random() < r.p', 'p'],
    ['r => ({ r: 1, x: { r: r.a } })', 'a'],
    ['r => { r2: for (;;) break r2; return r.a }', 'a'],
    ['() => 1', ''],
    ['async r => await r.a', 'a'],
    ['function* (r) { yield r.a }', 'a'],
    ['r => class { m() { return r.a } }', 'a'],
  ])('%s reads %s', (source, columns) => {
    expect(reads(source)).toBe(columns)
  })

  it.each([
    'r => r',
    'r => r[key]',
    'r => ({ ...r })',
    'r => ({ r })',
    'r => f(r)',
    'r => JSON.stringify(r)',
    'r => [r]',
    'r => { r.a = 1; return r.b }',
    'r => r.a++',
    'r => delete r.a',
    'r => { ({ x: r.a } = y); return 1 }',
    'r => { for (r.a of []) ; return 1 }',
    'r => { [r.a] = []; return 1 }',
    'r => { [r.a = 2] = []; return 1 }',
    'r => r.method()',
    'r => (r?.method)()',
    'r => r.a`x`',
    'r => r.toString',
    'r => r.hasOwnProperty',
    'r => r.__proto__',
    'r => "a" in r',
    'r => { const s = r; return s.a }',
    'r => { const { a, ...rest } = r; return rest }',
    'r => { const { [k]: a } = r; return a }',
    'r => { let { a } = r, q = r; return q }',
    '({ a, ...rest }) => rest',
    '({ [k]: a }) => a',
    '({ toString }) => 1',
    '(...rows) => rows[0].a',
    '([a, b]) => a',
    'function (r) { return arguments[0] }',
    'function (r) { return this }',
    'r => eval("r.b") + r.a',
    'r => { r = other; return r.a }',
    'r => { { const r = 1 } return r.a }',
    'r => xs.map(r => r.b)',
    'r => () => r',
    '(r, t = r) => t.a',
    '(r, { r: s = r }) => 1',
    'r => { with (r) { return a } }',
    'r => typeof r',
    'async r => { await save(r); return r.a }',
  ])('%s escapes', source => {
    expect(reads(source)).toBe('escapes')
  })

  it('is never too little, for random functions', () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'd')
    const atom = fc.oneof(
      keys.map(k => `r.${k}`),
      keys.map(k => `r["${k}"]`),
      keys.map(k => `r?.${k}`),
      fc.constant('1'),
      fc.constantFrom(
        'Object.keys(r).length',
        'JSON.stringify(r)',
        '(() => r)().a',
        '[r][0].b',
        '({ ...r }).c',
        'r[["d"][0]]',
      ),
    )
    const expression = fc.oneof(
      atom,
      fc.tuple(atom, atom).map(([x, y]) => `${x} + ${y}`),
      fc.tuple(atom, atom, atom).map(([x, y, z]) => `(${x} ? ${y} : ${z})`),
      atom.map(x => `[1].map(q => q + ${x})[0]`),
      atom.map(x => `(({ a, b } = r) => a + b + ${x})()`),
      atom.map(x => `(s => s.a + ${x})(r)`),
    )
    const body = fc.oneof(
      expression.map(e => `r => ${e}`),
      expression.map(e => `r => { const { a, c: z } = r; return [a, z, ${e}] }`),
      expression.map(e => `({ a, d: z }) => { const r = { a }; return [a, z, ${e}] }`),
    )
    fc.assert(
      fc.property(body, source => {
        const fn = new Function(`return (${source})`)() as (row: object) => unknown
        const { escapes, reads: columns } = analysed(source)
        const seen = new Set<string>()
        let whole = false
        const row = new Proxy({ a: 1, b: 2, c: 3, d: 4 } as Record<string, number>, {
          get: (target, key) => {
            if (typeof key === 'string' && key in target) seen.add(key)
            return Reflect.get(target, key) as unknown
          },
          ownKeys: target => {
            whole = true
            return Reflect.ownKeys(target)
          },
        })
        fn(row)
        if (escapes) return
        expect(whole).toBe(false)
        for (const key of seen) expect(columns).toContain(key)
      }),
      { numRuns: 300 },
    )
  })
})

describe('passThrough', () => {
  it.each([
    ['r => ({ k: r.a, v: 1 })', { k: 'a' }],
    ['({ a, b }) => ({ a, x: b, y: b + 1 })', { a: 'a', x: 'b' }],
    ['r => { const n = r.b * 2; return { k: r.a, n } }', { k: 'a' }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source
    ['r => ({ k: r.a, up: r.a.toUpperCase(), long: r.a.length > 3, t: `${r.a}` })', { k: 'a' }],
    ['r => ({ ...other, k: r.a })', { k: 'a' }],
    ['async r => ({ k: r.a })', { k: 'a' }],
    ['r => ({ k: r.a, ...other })', {}],
    ['r => ({ k: r.a, k: 1 })', {}],
    ['r => ({ k: r.a, [x]: 1 })', {}],
    ['r => ({ k: r.a, n: r.a.push(1) })', {}],
    ['r => { f(r.a); return { k: r.a } }', {}],
    ['r => { const t = r.a; t.push(1); return { k: r.a } }', {}],
    ['r => { r.a.length = 0; return { k: r.a } }', {}],
    ['r => { r.a[0] = 0; return { k: r.a } }', {}],
    ['({ a }) => { a = 1; return { a } }', {}],
    ['({ a }) => { a.push(1); return { a } }', {}],
    ['({ a = 1 }) => ({ a })', {}],
    ['({ a: { b } }) => ({ b })', {}],
    ['({ a, a: b }) => { b.push(1); return { a } }', {}],
    ['r => { if (r.b) return { k: 1 }; return { k: r.a } }', {}],
    ['r => ({ get k() { return r.a } })', {}],
    ['r => ({ __proto__: r.a })', {}],
    ['r => { f(r); return { k: r.a } }', {}],
    ['function* (r) { return { k: r.a } }', {}],
    ['r => [{ k: r.a }]', {}],
  ])('%s', (source, expected) => {
    expect(analysed(source).passThrough).toEqual(expected)
  })
})

describe('the rest', () => {
  it('knows async functions, names and places', () => {
    const named = (line: string) => line
    expect(facts(async () => 1).async).toBe(true)
    expect(facts(named)).toMatchObject({ name: 'named', async: false, escapes: true })
    expect(facts(named).at).toMatch(/^test\/src\/ship\/function-facts\.test\.ts:\d+:?\d*$/)
    expect(facts((line: string) => line.trim()).name).toBe('(line) => line.trim()')
    expect(facts((line: string) => line + line + line + line + line + line + line).name).toHaveLength(40)
  })

  it('assumes everything of functions that it cannot read', () => {
    class Shape {
      constructor(readonly: { a: number }) {
        Object.assign(this, readonly)
      }
    }
    for (const fn of [Math.max, ((x: { a: 1 }) => x.a).bind(null), Shape]) {
      expect(facts(fn)).toMatchObject({ escapes: true, reads: [], passThrough: {} })
    }
  })
})
