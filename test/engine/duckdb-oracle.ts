/** Random queries over random tables, asked of dunlin and of DuckDB: both have to give the same rows. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { count, type Dataset, type Engine, max, mean, min, sum } from 'dunlin'
import fc from 'fast-check'
import { anyOf, datasetOf, type ModelKey, type Row, rowText, type Value } from './table-model.ts'

const TYPES = {
  id: 'DOUBLE',
  t: 'VARCHAR',
  n: 'DOUBLE',
  i: 'BIGINT',
  b: 'BOOLEAN',
  d: 'TIMESTAMP',
  x: 'BLOB',
  s: 'DOUBLE',
} as const
type Column = keyof typeof TYPES
const COLUMNS = Object.keys(TYPES) as Column[]
const KEYS = ['t', 'n', 'i', 'b', 'd', 'x', 's'] as const satisfies Column[]

type Query =
  | {
      readonly kind: 'join'
      readonly how: 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'cross'
      readonly on: readonly Column[]
      readonly strategy: 'auto' | 'exchange'
      readonly divideSkew: 'auto' | boolean
    }
  | { readonly kind: 'intersect' | 'except' | 'distinct'; readonly columns: readonly Column[] }
  | { readonly kind: 'distinctBy'; readonly columns: readonly Column[] }
  | { readonly kind: 'group'; readonly columns: readonly Column[] }
  | { readonly kind: 'sort'; readonly keys: readonly ModelKey[] }
  | { readonly kind: 'top'; readonly keys: readonly ModelKey[]; readonly rows: number }
  | { readonly kind: 'joinGroupSort'; readonly on: Column; readonly by: Column }

export interface QueryCase {
  readonly left: readonly Row[]
  readonly right: readonly Row[]
  readonly query: Query
  readonly tasks: readonly [left: number, right: number]
  readonly partitions: number
  readonly memoryMb: number
}

// DuckDB's SQL text cannot hold NUL.
const text = anyOf('text').map(value => (typeof value === 'string' ? value.replaceAll('\u0000', '~') : value))
const small = fc.option(fc.integer({ min: -3, max: 3 }), { freq: 6 })
const rows = fc
  .array(
    fc.record({
      t: text,
      n: anyOf('number'),
      i: anyOf('bigint'),
      b: anyOf('boolean'),
      d: anyOf('date'),
      x: anyOf('bytes'),
      s: small,
    }),
    { maxLength: 30 },
  )
  .map(all => all.map((row, id): Row => ({ id, ...row })))
const columns = fc.subarray([...KEYS], { minLength: 1, maxLength: 3 })
const keys = fc.array(
  fc.record<ModelKey>({
    by: fc.constantFrom(...KEYS),
    direction: fc.constantFrom('asc', 'desc'),
    nulls: fc.constantFrom('first', 'last'),
  }),
  { minLength: 1, maxLength: 3 },
)
const query: fc.Arbitrary<Query> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        kind: fc.constant('join' as const),
        how: fc.constantFrom('inner', 'left', 'right', 'full', 'semi', 'anti', 'cross'),
        on: columns,
        strategy: fc.constantFrom('auto', 'exchange'),
        divideSkew: fc.constantFrom<('auto' | boolean)[]>('auto', true, false),
      })
      .map(join => ({
        ...join,
        strategy: join.how === 'cross' ? 'auto' : join.strategy,
        divideSkew: join.how === 'cross' || join.how === 'full' ? 'auto' : join.divideSkew,
      })),
  },
  fc.record({ kind: fc.constantFrom('intersect', 'except', 'distinct'), columns }),
  fc.record({ kind: fc.constant('distinctBy' as const), columns }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('group' as const), columns }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sort' as const), keys }) },
  fc.record({ kind: fc.constant('top' as const), keys, rows: fc.nat({ max: 35 }) }),
  fc.record({
    kind: fc.constant('joinGroupSort' as const),
    on: fc.constantFrom(...KEYS),
    by: fc.constantFrom(...KEYS),
  }),
)
const tasks = fc.integer({ min: 1, max: 3 })
const queryCase = fc.record<QueryCase>({
  left: rows,
  right: rows,
  query,
  tasks: fc.tuple(tasks, tasks),
  partitions: fc.integer({ min: 1, max: 5 }),
  memoryMb: fc.constantFrom(1, 256),
})

/** What the planner cannot know: of rows that a side does not have, which columns they would have had. */
function answerable(one: QueryCase): QueryCase {
  const { query, left } = one
  const keepsRight = query.kind === 'join' && (query.how === 'right' || query.how === 'full')
  return keepsRight && left.length === 0 ? { ...one, left: one.right } : one
}

/** Case number `index` of a seed, always the same. */
export function caseOf(seed: number, index: number): QueryCase {
  return answerable(fc.sample(queryCase, { seed: Math.imul(seed, 1_000_003) + index, numRuns: 1 })[0]!)
}

type Loose = Record<string, (...args: unknown[]) => Dataset<Row>>
const AGGREGATIONS = {
  rows: count(),
  ts: count('t'),
  least: min('t'),
  most: max('n'),
  total: sum('s'),
  typical: mean('s'),
}

function dunlinQuery({ left, right, query, tasks, partitions, memoryMb }: QueryCase): Dataset<Row> {
  const l = datasetOf(left, tasks[0])
  const r = datasetOf(right, tasks[1])
  const loose = l as unknown as Loose
  const grouped = (dataset: Dataset<Row>, by: readonly string[]): Dataset<Row> =>
    (dataset as unknown as { groupBy(...names: readonly string[]): Loose }).groupBy(...by)['aggregate']!(
      AGGREGATIONS,
    )
  const answer = (): Dataset<Row> => {
    switch (query.kind) {
      case 'join': {
        const { how, on, strategy, divideSkew } = query
        const suffix = how === 'semi' || how === 'anti' ? {} : { suffix: '_r' }
        const keysOf = how === 'cross' ? {} : { on }
        return loose['join']!(r, { how, strategy, divideSkew, ...keysOf, ...suffix })
      }
      case 'intersect':
      case 'except':
        return (loose['select']!(...query.columns) as unknown as Loose)[query.kind]!(
          r.select(...query.columns),
        )
      case 'distinct':
        return l.select(...query.columns).distinct() as unknown as Dataset<Row>
      case 'distinctBy':
        return loose['distinct']!(...query.columns)
      case 'group':
        return grouped(l, query.columns)
      case 'sort':
        return loose['sortBy']!([...query.keys, 'id'])
      case 'top':
        return loose['top']!(query.rows, [...query.keys, { by: 'id', direction: 'asc' }])
      case 'joinGroupSort': {
        const { on, by } = query
        const joined = loose['join']!(r, { on: [on], suffix: '_r' })
        const groups = grouped(joined, [by]) as unknown as Loose
        return groups['sortBy']!([{ by, direction: 'desc', nulls: 'first' }])
      }
    }
  }
  return answer().with({ partitions, memoryMb })
}

function literal(value: Value | undefined, column: Column): string {
  if (value === null || value === undefined) return 'NULL'
  if (value instanceof Date) return `make_timestamp(${BigInt(value.getTime()) * 1000n})`
  if (value instanceof Uint8Array) return `unhex('${Buffer.from(value).toString('hex')}')`
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return `'${Object.is(value, -0) ? '-0.0' : String(value)}'::${TYPES[column]}`
}

async function createTable(connection: DuckDBConnection, name: string, all: readonly Row[]): Promise<void> {
  const declared = COLUMNS.map(column => `${column} ${TYPES[column]}`).join(', ')
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${name} (${declared})`)
  if (all.length === 0) return
  const values = all.map(row => `(${COLUMNS.map(column => literal(row[column], column)).join(', ')})`)
  await connection.run(`INSERT INTO ${name} VALUES ${values.join(', ')}`)
}

const orderBy = (all: readonly ModelKey[]): string =>
  [...all.map(({ by, direction, nulls }) => `${by} ${direction} NULLS ${nulls}`), 'id ASC'].join(', ')
const aggregates = (prefix: string): string =>
  `count(*) AS rows, count(${prefix}t) AS ts, min(${prefix}t) AS least, max(${prefix}n) AS most,
   sum(${prefix}s) AS total, avg(${prefix}s) AS typical`

function joinSql({ how, on }: Extract<Query, { kind: 'join' }>): string {
  const equal = on.map(column => `l.${column} = r.${column}`).join(' AND ')
  if (how === 'semi') return `SELECT * FROM l WHERE EXISTS (SELECT 1 FROM r WHERE ${equal})`
  if (how === 'anti') return `SELECT * FROM l WHERE NOT EXISTS (SELECT 1 FROM r WHERE ${equal})`
  const isKey = (column: Column): boolean => how !== 'cross' && on.includes(column)
  const chosen = [
    ...COLUMNS.map(column =>
      isKey(column) ? `coalesce(l.${column}, r.${column}) AS ${column}` : `l.${column}`,
    ),
    ...COLUMNS.filter(column => !isKey(column)).map(column => `r.${column} AS ${column}_r`),
  ].join(', ')
  if (how === 'cross') return `SELECT ${chosen} FROM l CROSS JOIN r`
  return `SELECT ${chosen} FROM l ${how} JOIN r ON ${equal}`
}

function sqlOf(query: Query): string {
  switch (query.kind) {
    case 'join':
      return joinSql(query)
    case 'intersect':
    case 'except': {
      const chosen = query.columns.join(', ')
      return `SELECT ${chosen} FROM l ${query.kind} SELECT ${chosen} FROM r`
    }
    case 'distinct':
      return `SELECT DISTINCT ${query.columns.join(', ')} FROM l`
    case 'distinctBy': {
      const by = query.columns.join(', ')
      return `SELECT DISTINCT ON (${by}) * FROM l ORDER BY ${by}, id`
    }
    case 'group': {
      const by = query.columns.join(', ')
      return `SELECT ${by}, ${aggregates('')} FROM l GROUP BY ${by}`
    }
    case 'sort':
      return `SELECT * FROM l ORDER BY ${orderBy(query.keys)}`
    case 'top':
      return `SELECT * FROM l ORDER BY ${orderBy(query.keys)} LIMIT ${query.rows}`
    case 'joinGroupSort': {
      const { on, by } = query
      return `SELECT l.${by}, ${aggregates('l.')} FROM l JOIN r ON l.${on} = r.${on}
        GROUP BY l.${by} ORDER BY l.${by} DESC NULLS FIRST`
    }
  }
}

/** What DuckDB gives, as what dunlin would. */
function plain(value: unknown): Value {
  if (typeof value !== 'object' || value === null) return value as Value
  if ('micros' in value) return new Date(Number((value.micros as bigint) / 1000n))
  if ('bytes' in value) return value.bytes as Uint8Array
  throw new Error(`a value of DuckDB's that no case expects: ${String(value)}`)
}

export async function duckdbRows(one: QueryCase, connection: DuckDBConnection): Promise<Row[]> {
  await createTable(connection, 'l', one.left)
  await createTable(connection, 'r', one.right)
  const reader = await connection.runAndReadAll(sqlOf(one.query))
  return reader
    .getRowObjects()
    .map(row => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))
}

export function dunlinRows(one: QueryCase, engine: Engine): Promise<Row[]> {
  return dunlinQuery(one).collect({ engine })
}

/** A sentence about the first difference, or null where there is none. The order counts where the query says one. */
export function difference(
  one: QueryCase,
  byDuckdb: readonly Row[],
  byDunlin: readonly Row[],
): string | null {
  const { query, tasks, partitions, memoryMb } = one
  const isOrdered = ['sort', 'top', 'joinGroupSort'].includes(query.kind)
  const columns = Object.keys(byDuckdb[0] ?? {})
  // A dataset without rows has no columns that anybody could know of: a join with it lacks them.
  const isPart = one.left.length === 0 || one.right.length === 0
  const whole = (row: Row): Row =>
    isPart ? Object.fromEntries(columns.map(name => [name, row[name] ?? null])) : row
  const textsOf = (all: readonly Row[]): string[] => {
    const texts = all.map(row => rowText(whole(row)))
    return isOrdered ? texts : texts.sort()
  }
  const expected = textsOf(byDuckdb)
  const actual = textsOf(byDunlin)
  const at = Array.from({ length: Math.max(expected.length, actual.length) }).findIndex(
    (_, i) => expected[i] !== actual[i],
  )
  if (at === -1) return null
  return [
    `${JSON.stringify({ query, tasks, partitions, memoryMb })}: ${expected.length} rows by DuckDB, ${actual.length} by dunlin`,
    `DuckDB: ${expected[at] ?? 'nothing'}`,
    `dunlin: ${actual[at] ?? 'nothing'}`,
  ].join('\n')
}
