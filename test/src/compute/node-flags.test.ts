/** The flags that workers are started with. */
import { afterEach, expect, it } from 'vitest'
import { workerEnvironment, workerFlags } from '../../../src/compute/node-flags.ts'

const source = new URL('file:///x/worker-entry.ts')
const built = new URL('file:///x/worker-entry.js')

it.each([
  [[], []],
  [['--conditions=custom'], ['--conditions=custom']],
  [['--conditions', 'custom'], ['--conditions=custom']],
  [
    ['-C', 'custom', '--no-warnings'],
    ['--conditions=custom', '--no-warnings'],
  ],
  [['--inspect-brk=0', '--test', '--watch', '-e', '1', '--input-type=module', '--import', 'x'], []],
  [['--max-old-space-size=100', '--disable-warning=X'], ['--disable-warning=X']],
] as const)('from %j are %j', (execArgv, flags) => {
  expect(workerFlags(built, execArgv)).toEqual(flags)
})

it('lead to sources where the entry is one', () => {
  expect(workerFlags(source, [])).toEqual(['--conditions=development'])
  expect(workerFlags(source, ['--conditions=development'])).toEqual(['--conditions=development'])
  expect(workerFlags(source, ['-C', 'development'])).toEqual(['--conditions=development'])
})

const before = process.env['NODE_OPTIONS']
afterEach(() => {
  if (before === undefined) delete process.env['NODE_OPTIONS']
  else process.env['NODE_OPTIONS'] = before
})

it('leave the inspector, whose port is taken, to the driver', () => {
  process.env['NODE_OPTIONS'] = '--no-warnings --inspect=9229 --conditions=development'
  expect(workerEnvironment()['NODE_OPTIONS']).toBe('--no-warnings --conditions=development')
  delete process.env['NODE_OPTIONS']
  expect('NODE_OPTIONS' in workerEnvironment()).toBe(false)
})
