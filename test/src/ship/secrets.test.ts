/** Captured values that look like secrets are warned of by name, and never shown. */
import { expect, it } from 'vitest'
import { secretIn, secretsIn } from '../../../src/ship/secrets.ts'
import { ship } from '../../../src/ship/ship.ts'

// Put together here, so that nobody who looks for secrets finds one in this file.
const AWS_KEY = `AKIA${'IOSFODNN7EXAMPLE'}`
const PEM = `-----BEGIN EC ${'PRIVATE'} KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----`

it.each([
  ['an AWS access key', `id=${AWS_KEY};`],
  ['a private key', PEM],
  ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
  ['a URL with a password', `postgres://ahab:${'whale'}@db.example/ships`],
  ['a Slack token', `xoxb-${'1234567890'}-abc`],
])('knows %s by its form', (what, text) => {
  expect(secretIn(text)).toBe(what)
})

it.each([
  ['password', 'correct-horse'],
  ['DB_PASSWORD', 'correct-horse'],
  ['apiKey', '0123456789abcdef'],
  ['client_secret', '0123456789abcdef'],
  ['accessToken', '0123456789abcdef'],
])('knows a secret by the name %s', (name, value) => {
  expect(secretsIn(name, value)).toEqual([{ path: name, what: 'a secret, by its name' }])
})

it.each([
  ['token', 'the'],
  ['tokens', ['correct-horse']],
  ['passwords', 12],
  ['secretary', 'correct-horse'],
  ['password', 'must not be empty'],
  ['url', 'https://example.org:8080/a@b'],
  ['url', 'postgres://$USER:$PASSWORD@db'],
  ['text', 'AKIA is the beginning of a key'],
])('takes nothing for a secret that is none: %s', (name, value) => {
  expect(secretsIn(name, value)).toEqual([])
})

it('finds secrets in objects, arrays and maps, calls no getter, and ends at cycles', () => {
  const config: Record<string, unknown> = {
    db: { password: 'correct-horse' },
    keys: ['a', AWS_KEY],
    map: new Map([['apiKey', 'correct-horse']]),
    get secret(): string {
      throw new Error('a getter was called')
    },
  }
  config['self'] = config
  expect(secretsIn('config', config).map(({ path }) => path)).toEqual([
    'config.db.password',
    'config.keys[1]',
    'config.map.get(…)',
  ])
})

it('a capture warns with the name and the path, and never with the value', async () => {
  const settings = { db: { password: 'correct-horse' } }
  const host = (): string => settings.db.password
  const { warnings } = await ship([
    (n: number) => host().length + n,
    () => 'ghp_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1',
  ])
  expect(warnings).toHaveLength(2)
  expect(warnings[0]).toMatch(
    /^variable settings\.db\.password \(function .* ↳ function host .*secrets\.test\.ts:\d+:\d+\)\) looks like a secret, by its name: shipped code is stored/,
  )
  expect(warnings[1]).toMatch(/^a literal \(function .*\) looks like a GitHub token/)
  expect(warnings.join()).not.toMatch(/correct-horse|a1a1/)
})

it('finds secrets in keys and members, and never shows them', () => {
  const config = {
    map: new Map<unknown, unknown>([
      [AWS_KEY, 1],
      ['apiKey', 'correct-horse'],
    ]),
    set: new Set([AWS_KEY]),
    byKey: { [AWS_KEY]: { password: 'correct-horse' } },
    url: new URL(`redis://:${'whale'}@db.example`),
  }
  const found = secretsIn('config', config)
  expect(found.map(({ path }) => path)).toEqual([
    'config.map.keys()',
    'config.map.get(…)',
    'config.set.values()',
    'config.byKey.…',
    'config.byKey.….password',
    'config.url.href',
  ])
  expect(JSON.stringify(found)).not.toMatch(/AKIA|apiKey|whale|horse/)
})

it('the path of a refusal shows no key that is a secret', async () => {
  const sockets = { [AWS_KEY]: new Map([[AWS_KEY, Promise.resolve()]]) }
  await expect(ship([() => sockets])).rejects.toMatchObject({
    message: expect.not.stringContaining(AWS_KEY),
  })
})

it('a window into memory that Node shares is sent without what lies around it', async () => {
  const other = Buffer.from('the password of somebody else')
  const mine = Buffer.from('call me Ishmael')
  const view = new Uint8Array(mine.buffer, mine.byteOffset, mine.byteLength)
  const many = { view, text: 'whale '.repeat(100_000) }
  const data = new DataView(mine.buffer, mine.byteOffset, mine.byteLength)
  for (const fn of [() => view.length, () => many.view, () => data.byteLength]) {
    const { source, blobs } = await ship([fn])
    const sent = Buffer.concat([source, ...blobs.values()]).toString('latin1')
    const decoded = [...sent.matchAll(/"([\w+/=]{16,})"/g)].map(one => Buffer.from(one[1]!, 'base64'))
    expect(sent + decoded.join()).not.toContain(other.toString())
    expect(sent + decoded.join()).toContain('call me Ishmael')
  }
})
