/** What must compile about sorting, joining, sets and fixed-length records, and what must not. */
import { type Dataset, type FixedRecord, from, type JoinOptions, range, read } from 'dunlin'
import { expectTypeOf, test } from 'vitest'

interface Order {
  id: number
  customer: string | null
  amount: number
  tags: string[]
  note?: string
}
interface Customer {
  customer: string
  country: string
  since: Date
}
interface Shop {
  code: string
  amount: bigint
}
declare const orders: Dataset<Order>
declare const customers: Dataset<Customer>
declare const shops: Dataset<Shop>
declare const pairs: Dataset<[string, number]>
declare const records: Dataset<FixedRecord>
declare const untyped: Dataset<Record<string, unknown>>

test('sortBy and top take columns, functions, and either with a direction', () => {
  expectTypeOf(orders.sortBy('amount')).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.sortBy('amount', 'desc')).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.sortBy('tags')).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.sortBy(order => order.tags.length)).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(
    orders.sortBy(['customer', { by: 'amount', direction: 'desc', nulls: 'first' }, order => order.note]),
  ).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.sortBy({ by: order => order.tags.join(), direction: 'desc' })).toEqualTypeOf<
    Dataset<Order>
  >()
  expectTypeOf(orders.top(3, 'amount')).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.top(3, ['amount', 'id'], 'asc')).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(range(3).sortBy('value')).toEqualTypeOf<Dataset<number>>()
  expectTypeOf(pairs.sortBy(['value', 'key'])).toEqualTypeOf<Dataset<[string, number]>>()
  expectTypeOf(records.sortBy('key')).toEqualTypeOf<Dataset<FixedRecord>>()
  expectTypeOf(untyped.sortBy('whatever')).toEqualTypeOf<Dataset<Record<string, unknown>>>()
  // @ts-expect-error no such column
  orders.sortBy('ammount')
  // @ts-expect-error no such column among several
  orders.sortBy(['amount', 'ammount'])
  // @ts-expect-error a list is not what to order by
  orders.sortBy(order => order.tags)
  // @ts-expect-error a promise is not what to order by
  orders.sortBy(async order => order.amount)
  // @ts-expect-error a comparator is not a key
  orders.sortBy((a, b) => b.amount - a.amount)
  // @ts-expect-error nor with a direction
  orders.sortBy({ by: (a: Order, b: Order) => b.amount - a.amount })
  // @ts-expect-error nor in top
  orders.top(3, (a: Order, b: Order) => b.amount - a.amount)
  // @ts-expect-error no such direction
  orders.sortBy('amount', 'down')
  // @ts-expect-error no such place
  orders.sortBy({ by: 'amount', nulls: 'lowest' })
  // @ts-expect-error no key
  orders.sortBy([])
  // @ts-expect-error by what?
  orders.top(3)
  // @ts-expect-error no such column
  orders.top(3, 'ammount')
})

test('limit, sample, repartition and distinct keep the records', () => {
  expectTypeOf(orders.limit(3)).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.sample(0.1)).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.sample(0.1, { seed: 3 })).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.repartition(4)).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.repartition(4, 'customer', 'tags')).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.distinct()).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.distinct('customer', 'tags')).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(orders.distinct(order => order.tags[0])).toEqualTypeOf<Dataset<Order>>()
  // @ts-expect-error a seed is in an object
  orders.sample(0.1, 3)
  // @ts-expect-error no such column
  orders.repartition(4, 'custommer')
  // @ts-expect-error no such column
  orders.distinct('custommer')
  // @ts-expect-error every promise is a key of its own
  orders.distinct(async order => order.customer)
})

test('a join gives the columns of the left, then those of the right that are no keys', () => {
  expectTypeOf(orders.join(customers, { on: 'customer' })).toEqualTypeOf<
    Dataset<{
      id: number
      customer: string
      amount: number
      tags: string[]
      note?: string
      country: string
      since: Date
    }>
  >()
  expectTypeOf(
    shops.join(customers, { on: { code: 'country' }, how: 'inner', strategy: 'broadcast' }),
  ).toEqualTypeOf<Dataset<{ code: string; amount: bigint; customer: string; since: Date }>>()
  expectTypeOf(customers.join(customers, { on: ['customer', 'country'], suffix: '_2' })).toEqualTypeOf<
    Dataset<{ customer: string; country: string; since: Date; since_2: Date }>
  >()
})

test('a side whose rows may be missing has nulls', () => {
  type Left = Dataset<{ code: string; amount: bigint; customer: string | null; since: Date | null }>
  type Right = Dataset<{ code: string; amount: bigint | null; customer: string; since: Date }>
  type Full = Dataset<{ code: string; amount: bigint | null; customer: string | null; since: Date | null }>
  const on = { code: 'country' } as const
  expectTypeOf(shops.join(customers, { on, how: 'left' })).toEqualTypeOf<Left>()
  expectTypeOf(shops.join(customers, { on, how: 'right' })).toEqualTypeOf<Right>()
  expectTypeOf(shops.join(customers, { on, how: 'full' })).toEqualTypeOf<Full>()
})

test('a key may be null where a row without a match is kept', () => {
  const on = 'customer'
  expectTypeOf(orders.join(customers, { on }).map(row => row.customer)).toEqualTypeOf<Dataset<string>>()
  const left = orders.join(customers, { on, how: 'left' })
  expectTypeOf(left.map(row => row.customer)).toEqualTypeOf<Dataset<string | null>>()
  const right = orders.join(customers, { on, how: 'right' })
  expectTypeOf(right.map(row => row.customer)).toEqualTypeOf<Dataset<string>>()
  const rightOfNulls = customers.join(orders, { on, how: 'right' })
  expectTypeOf(rightOfNulls.map(row => row.customer)).toEqualTypeOf<Dataset<string | null>>()
  const full = orders.join(customers, { on, how: 'full' })
  expectTypeOf(full.map(row => row.customer)).toEqualTypeOf<Dataset<string | null>>()
})

test('semi and anti keep the left, cross puts every pair together', () => {
  expectTypeOf(orders.join(customers, { on: 'customer', how: 'semi' })).toEqualTypeOf<Dataset<Order>>()
  expectTypeOf(pairs.join(shops, { on: { key: 'code' }, how: 'anti' })).toEqualTypeOf<
    Dataset<[string, number]>
  >()
  expectTypeOf(range(3).join(shops, { how: 'cross' })).toEqualTypeOf<
    Dataset<{ value: number; code: string; amount: bigint }>
  >()
  expectTypeOf(range(3).join(range(4), { how: 'cross', suffix: '_right' })).toEqualTypeOf<
    Dataset<{ value: number; value_right: number }>
  >()
})

test('scalars, pairs and fixed-length records have columns too', () => {
  expectTypeOf(range(3).join(range(4), { on: 'value' })).toEqualTypeOf<Dataset<{ value: number }>>()
  expectTypeOf(pairs.join(shops, { on: { key: 'code' } })).toEqualTypeOf<
    Dataset<{ key: string; value: number; amount: bigint }>
  >()
  expectTypeOf(records.join(records, { on: 'key', suffix: '_2' })).toEqualTypeOf<
    Dataset<{ readonly key: Uint8Array; readonly value: Uint8Array; readonly value_2: Uint8Array }>
  >()
})

test('records of unknown columns join too', () => {
  expectTypeOf(untyped.join(untyped, { on: 'id' })).toEqualTypeOf<Dataset<Record<string, unknown>>>()
  expectTypeOf(untyped.join(customers, { on: 'customer', how: 'semi' })).toEqualTypeOf<
    Dataset<Record<string, unknown>>
  >()
})

test('options in a variable keep what they say', () => {
  const options = { on: 'customer', how: 'left' } as const satisfies JoinOptions<Customer, Customer>
  expectTypeOf(customers.join(customers, { ...options, suffix: '_2' })).toEqualTypeOf<
    Dataset<{
      customer: string
      country: string
      since: Date
      country_2: string | null
      since_2: Date | null
    }>
  >()
})

test('joins that cannot be are refused', () => {
  // @ts-expect-error no such column
  orders.join(customers, { on: 'custommer' })
  // @ts-expect-error only the left has it
  orders.join(customers, { on: 'amount' })
  // @ts-expect-error only the left has one of them
  orders.join(customers, { on: ['customer', 'id'] })
  // @ts-expect-error the right has no such column
  shops.join(customers, { on: { code: 'contry' } })
  // @ts-expect-error the left has no such column
  shops.join(customers, { on: { coda: 'country' } })
  // @ts-expect-error a text never equals a date
  shops.join(customers, { on: { code: 'since' } })
  // @ts-expect-error a number never equals a bigint
  orders.join(shops, { on: { id: 'amount' } })
  // @ts-expect-error equal in what?
  orders.join(customers, {})
  // @ts-expect-error options are needed
  orders.join(customers)
  // @ts-expect-error no such kind
  orders.join(customers, { on: 'customer', how: 'outer' })
  // @ts-expect-error every pair has nothing to be equal in
  orders.join(customers, { on: 'customer', how: 'cross' })
  // @ts-expect-error both have an amount that is no key
  orders.join(shops, { on: { customer: 'code' } })
  // @ts-expect-error both have a value
  range(3).join(range(4), { how: 'cross' })
  // @ts-expect-error the left's records stay as they are
  orders.join(customers, { on: 'customer', how: 'semi', suffix: '_2' })
  // @ts-expect-error no such option
  orders.join(customers, { on: 'customer', sufix: '_2' })
  // @ts-expect-error no such strategy
  orders.join(customers, { on: 'customer', strategy: 'merge' })
  // @ts-expect-error every task would give what matches nothing
  orders.join(customers, { on: 'customer', how: 'full', strategy: 'broadcast' })
  // @ts-expect-error there are no keys to divide
  range(3).join(shops, { how: 'cross', divideSkew: true })
  // @ts-expect-error an array is not a dataset
  orders.join([{ customer: 'ann' }], { on: 'customer' })
})

test('set verbs take records of one type', () => {
  expectTypeOf(range(3).intersect(range(4))).toEqualTypeOf<Dataset<number>>()
  expectTypeOf(orders.except(orders)).toEqualTypeOf<Dataset<Order>>()
  // @ts-expect-error other records
  orders.intersect(customers)
  // @ts-expect-error other records
  range(3).except(read.text('x'))
})

test('fixed-length records are bytes', () => {
  expectTypeOf(read.records('x', { length: 100, key: [0, 10] })).toEqualTypeOf<Dataset<FixedRecord>>()
  expectTypeOf(read.records(['x'], { length: 100 }).map(record => record.key)).toEqualTypeOf<
    Dataset<Uint8Array>
  >()
  records.write.records('x')
  from([new Uint8Array(4)]).write.records('x', { mode: 'append' })
  records.map(({ value }) => ({ value })).write.records('x')
  // @ts-expect-error how long?
  read.records('x', { key: [0, 10] })
  // @ts-expect-error a key has an offset and a length
  read.records('x', { length: 100, key: 10 })
  // @ts-expect-error numbers are no bytes
  range(3).write.records('x')
  // @ts-expect-error they have no column of bytes called value
  orders.write.records('x')
  // @ts-expect-error where would the id go?
  records.map(({ value }) => ({ id: 1, value })).write.records('x')
  // @ts-expect-error a pair has a key that would be lost
  records.map(({ value }): [number, Uint8Array] => [1, value]).write.records('x')
})
