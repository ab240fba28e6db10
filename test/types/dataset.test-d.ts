/** What must compile about the fluent API, and what must not. */
import { aggregation, count, type Dataset, from, max, mean, min, range, read, sum } from 'dunlin'
import { expectTypeOf, test } from 'vitest'

interface Order {
  customer: string
  amount: number
  cents: bigint
  note?: string
  at: Date
}
declare const orders: Dataset<Order>
declare const pairs: Dataset<[string, number]>

test('records flow through the verbs', () => {
  expectTypeOf(read.text('x')).toEqualTypeOf<Dataset<string>>()
  expectTypeOf(range(3)).toEqualTypeOf<Dataset<number>>()
  expectTypeOf(from([1, 'a'])).toEqualTypeOf<Dataset<string | number>>()
  expectTypeOf(range(3).map(n => [n, String(n)] as [number, string])).toEqualTypeOf<
    Dataset<[number, string]>
  >()
  expectTypeOf(range(3).map(async n => n * 2)).toEqualTypeOf<Dataset<number>>()
  expectTypeOf(read.text('x').flatMap(line => line.split(' '))).toEqualTypeOf<Dataset<string>>()
  expectTypeOf(read.text('x').flatMap(async line => [line.length])).toEqualTypeOf<Dataset<number>>()
  expectTypeOf(read.text('x').words().valueCounts()).toEqualTypeOf<
    Dataset<{ value: string; count: number }>
  >()
  expectTypeOf(range(9).mapBatches(batch => [batch.length])).toEqualTypeOf<Dataset<number>>()
})

test('filters narrow, and take matches, numbers and booleans for an answer', () => {
  expectTypeOf(from(['a', 1]).filter(v => typeof v === 'string')).toEqualTypeOf<Dataset<string>>()
  expectTypeOf(read.text('x').filter(line => line.match(/a/))).toEqualTypeOf<Dataset<string>>()
  expectTypeOf(orders.filter(order => order.amount)).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.filter(order => order.at)).toEqualTypeOf<Dataset<Order>>()
  // @ts-expect-error a promise is always truthy
  read.text('x').filter(async line => line === 'a')
})

test('a string is not what flatMap returns', () => {
  // @ts-expect-error its characters are hardly meant
  read.text('x').flatMap(line => line.trim())
  // @ts-expect-error nothing to iterate over
  range(3).flatMap(n => n + 1)
})

test('select knows the columns and renames them', () => {
  expectTypeOf(orders.select('customer', 'amount')).toEqualTypeOf<
    Dataset<{ customer: string; amount: number }>
  >()
  expectTypeOf(orders.select({ who: 'customer' })).toEqualTypeOf<Dataset<{ who: string }>>()
  expectTypeOf(pairs.select('key')).toEqualTypeOf<Dataset<{ key: string }>>()
  // @ts-expect-error no such column
  orders.select('custommer')
  // @ts-expect-error no such column to rename
  orders.select({ who: 'custommer' })
})

test('aggregations give typed records', () => {
  const byCustomer = orders.groupBy('customer').aggregate({
    n: count(),
    notes: count('note'),
    total: sum('amount'),
    exact: sum('cents'),
    mean: mean('amount'),
    first: min('at'),
    last: max('note'),
  })
  expectTypeOf(byCustomer).toEqualTypeOf<
    Dataset<{
      customer: string
      n: number
      notes: number
      total: number
      exact: bigint
      mean: number
      first: Date
      last: string | null
    }>
  >()
  expectTypeOf(orders.groupBy(order => order.at.getUTCFullYear()).aggregate({ n: count() })).toEqualTypeOf<
    Dataset<{ key: number; n: number }>
  >()
  const longest = aggregation({
    init: () => '',
    add: (best, row: { customer: string }) => (row.customer.length > best.length ? row.customer : best),
    merge: (a, b) => (b.length > a.length ? b : a),
    finish: best => best.length,
  })
  expectTypeOf(orders.aggregate({ longest, n: count(), total: sum('amount') })).toEqualTypeOf<
    Dataset<{ longest: number; n: number; total: number | null }>
  >()
  // @ts-expect-error no such column
  orders.groupBy('custommer')
  // @ts-expect-error a text has no sum
  orders.groupBy('customer').aggregate({ total: sum('customer') })
  // @ts-expect-error no such column
  orders.groupBy('customer').aggregate({ total: sum('price') })
  // @ts-expect-error it takes other records
  pairs.aggregate({ longest })
  // @ts-expect-error a key that is a promise would be one group each
  orders.groupBy(async order => order.customer)
})

test('some verbs are for some records only', () => {
  expectTypeOf(pairs.reduceByKey((a, b) => a + b)).toEqualTypeOf<Dataset<[string, number]>>()
  // @ts-expect-error not pairs
  orders.reduceByKey((a: number, b: number) => a + b)
  // @ts-expect-error not scalars
  orders.valueCounts()
  // @ts-expect-error not text
  range(3).words()
  // @ts-expect-error another type of record
  range(3).union(read.text('x'))
})

test('declared columns type the records', () => {
  expectTypeOf(
    read.jsonl('x', { schema: { customer: 'utf8', tags: ['utf8'], amount: 'float64', cents: 'bigint' } }),
  ).toEqualTypeOf<
    Dataset<{
      customer: string | null
      tags: (string | null)[] | null
      amount: number | null
      cents: bigint | null
    }>
  >()
  expectTypeOf(read.jsonl<Order>('x')).toEqualTypeOf<Dataset<Order>>()
  // @ts-expect-error no such type
  read.jsonl('x', { schema: { customer: 'text' } })
})

test('actions resolve to what they say', () => {
  expectTypeOf(range(3).collect()).resolves.toEqualTypeOf<number[]>()
  expectTypeOf(range(3).count()).resolves.toEqualTypeOf<number>()
  expectTypeOf(range(3).reduce({ identity: 0, combine: (a, b) => a + b })).resolves.toEqualTypeOf<number>()
  expectTypeOf(orders.rows()).toEqualTypeOf<AsyncGenerator<Order, void, void>>()
  expectTypeOf(orders.through(all => all.count())).resolves.toEqualTypeOf<number>()
  // @ts-expect-error options are an object
  range(3).collect(10)
})

test('onError is one of two words, or says how many records may be bad and where they go', () => {
  const rows = read.text('x')
  void rows.collect({ onError: 'skip' })
  void rows.explain({ onError: { tolerate: 0.01 } })
  void rows.write.text('y').run({ onError: { tolerate: 0.01, deadLetters: 'bad', mode: 'append' } })
  // @ts-expect-error: no such policy
  void rows.collect({ onError: 'ignore' })
  // @ts-expect-error: a share is a number
  void rows.collect({ onError: { tolerate: '1%' } })
  // @ts-expect-error: no such option
  void rows.collect({ onError: { deadLetter: 'bad' } })
})
