import { type JobEvent, range } from 'dunlin'
import { testEngine } from 'dunlin/testing'
import { expect, it } from 'vitest'
import { readJournal } from '../../../src/job/journal.ts'

it.each(['taskCommitted', 'jobEnding'] as const)(
  'the journal has what happened also where the listener throws at it: %s',
  async type => {
    const engine = testEngine()
    let job = ''
    const onEvent = (event: JobEvent): void => {
      if (event.type === 'jobStarted') job = event.job
      if (event.type === type) throw new Error('the screen is gone')
    }
    await expect(range(3).count({ engine, onEvent })).rejects.toMatchObject({ code: 'USER_FUNCTION' })
    const types: string[] = []
    for await (const event of readJournal(engine.store, job)) types.push(event.type)
    expect(types).toContain(type)
    await engine.close()
  },
)
