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
    /the initialiser of .*(?=:)|the declaration of .*(?=:)|evaluating the initialiser of .*|variable .* is hidden .*/
      .exec(one.refused?.message ?? '')?.[0]
      .replace(/ (?:at |\()repeated\.ts:.*/, ''),
  ])
  expect(Object.fromEntries(uses)).toEqual({
    'a field of its class': 'the initialiser of run uses Math.random',
    'a field of its superclass': 'the initialiser of late uses Math.random',
    'a static counter, in a list': 'the initialiser of numbered uses Numbered, which it changes',
    'a static counter': 'the initialiser of second uses Numbered, which it changes',
    'a private method': 'the initialiser of stamped uses Date.now',
    'a static method': 'the initialiser of counted uses Counted, which it changes',
    'a changing method': 'the initialiser of taken uses pool, which it changes',
    'a changing method in a function': 'the initialiser of made uses seen, which it changes',
    'a member in an arrow function': 'the initialiser of counter uses total, which it changes',
    'a member in an object of functions': 'the initialiser of tooled uses total, which it changes',
    'a change by Object.assign': 'the initialiser of given uses total, which it changes',
    'a list of the function around': 'the initialiser of local uses ids, which it changes',
    'taken by another name': 'the initialiser of takenByAlias uses list2, which it changes',
    'taken by a parameter': 'the initialiser of takenByParameter uses list3, which it changes',
    'taken by a method of another instance': 'the initialiser of takenByTaker uses taker, which it changes',
    'a closure that counts': 'the initialiser of ofClosure uses n, which it changes',
    'a closure of a closure that counts': 'the initialiser of ofCurried uses n, which it changes',
    'a declaration that counts': 'the declaration of class Sequence uses n, which it changes',
    'a number of another file': 'the initialiser of ofOtherFile uses numbers, which it changes',
    'a static field that changes afterwards':
      'the initialiser of ofBase uses Level, which may be changed after it',
    'a declaration that changes a list':
      'the declaration of class Registered uses registry, which it changes',
    'changed by another name': 'evaluating the initialiser of byAlias again would lose its change',
    'changed by a parameter': 'evaluating the initialiser of byParameter again would lose its change',
    'changed by a method of another instance':
      'evaluating the initialiser of byHolder again would lose its change',
    'changed by a callback': 'evaluating the initialiser of byCallback again would lose its change',
    'changed by what a function returns':
      'evaluating the initialiser of byReturn again would lose its change',
    'a list that is changed in its function':
      'evaluating the initialiser of seen again would lose its change',
    'a variable that changes afterwards':
      'the initialiser of ofLevel uses level, which may be changed after it',
    'a list that changes afterwards, in an object':
      'the initialiser of ofLength uses list5, which may be changed after it',
    'a list that changes afterwards, by the other name':
      'the initialiser of ofSeen uses seenList, which may be changed after it',
    'a list that changes afterwards, by a parameter':
      'the initialiser of ofFilled uses list7, which may be changed after it',
    'a variable that hides one around, which V8 kept': 'variable kinds is hidden by another of the same name',
  })
})

it('changes of what the initialiser itself makes, and methods that it does not call, do no harm', () => {
  const same = ran.outcomes.filter(({ name }) => name.startsWith('the same: '))
  expect(same.map(one => one.refused?.message ?? [one.here, ran.there[one.name]])).toEqual([
    ["[ [ [ 'b9', 'b10' ], 1 ] ]", "[ [ [ 'b9', 'b10' ], 1 ] ]"],
    ['[ [ 18, 1 ] ]', '[ [ 18, 1 ] ]'],
    ['[ [ 3, 6, 4, [ 1, 3 ] ] ]', '[ [ 3, 6, 4, [ 1, 3 ] ] ]'],
    ['[ [ [ 1, 2 ], [ 2, 2, 4 ] ] ]', '[ [ [ 1, 2 ], [ 2, 2, 4 ] ] ]'],
    ['[ [ 13, 3 ] ]', '[ [ 13, 3 ] ]'],
    ['[ [ 2, [ 2, 1 ] ] ]', '[ [ 2, [ 2, 1 ] ] ]'],
    ['[ 1 ]', '[ 1 ]'],
    ['[ [ 0, 2, 4 ] ]', '[ [ 0, 2, 4 ] ]'],
    ['[ [ 6, 9, 5 ] ]', '[ [ 6, 9, 5 ] ]'],
    ['[ 1 ]', '[ 1 ]'],
    ['[ 4 ]', '[ 4 ]'],
    ['[ 1 ]', '[ 1 ]'],
    ['[ 2 ]', '[ 2 ]'],
  ])
})
