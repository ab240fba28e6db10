/** What is evaluated again on the worker is the same value there, or is refused. */
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { fixtures, type Ran, runFixture } from './run-fixture.ts'

let ran: Ran
beforeAll(async () => {
  ran = await runFixture(join(fixtures, 'repeated.ts'))
})

it('an initialiser that reaches what is another value at another time is refused with the reason', () => {
  const refused = ran.outcomes.filter(({ name }) => !name.startsWith('the same: '))
  const uses = refused.map(one => [
    one.name,
    /(?:evaluating )?the (?:initialiser|declaration) of .*(?=:)|evaluating the initialiser of .*/.exec(one.refused?.message ?? '')?.[0],
  ])
  expect(Object.fromEntries(uses)).toEqual({
    'a field of its class': 'the initialiser of run uses Math.random',
    'a field of its superclass': 'the initialiser of late uses Math.random',
    'a static counter, in a list': 'the initialiser of numbered uses Numbered, which it changes',
    'a static counter': 'the initialiser of second uses Numbered, which it changes',
    'a private method': 'the initialiser of stamped uses Date.now',
    'a static method': 'the initialiser of counted uses its class, which it changes',
    'a changing method': 'the initialiser of taken uses pool, which it changes',
    'a changing method in a function': 'the initialiser of made uses seen, which it changes',
    'a member in an arrow function': 'the initialiser of counter uses total, which it changes',
    'a member in an object of functions': 'the initialiser of tooled uses total, which it changes',
    'a change by Object.assign': 'the initialiser of given uses total, which it changes',
    'a list of the function around': 'the initialiser of local uses ids, which it changes',
  })
})

it('changes of what the initialiser itself makes, and methods that it does not call, do no harm', () => {
  const same = ran.outcomes.filter(({ name }) => name.startsWith('the same: '))
  expect(same.map(one => one.refused?.message ?? [one.here, ran.there[one.name]])).toEqual([
    ['[ 1 ]', '[ 1 ]'],
    ['[ 4 ]', '[ 4 ]'],
    ['[ 1 ]', '[ 1 ]'],
    ['[ 2 ]', '[ 2 ]'],
  ])
})
