/** A Lambda service in a process of its own that does nothing, and answers: by the response, or by the store. */
import { RESULT } from '../../lambda/answer-by-store.ts'
import { startLambdaService } from '../../lambda/local-service/index.ts'
import { createStores } from '../../src/store/open-stores.ts'
import type { StageTaskEvent } from '../../src/task/task-event.ts'
import { behave } from '../fixtures/compute/behaviours.ts'

const [functionName = ''] = process.argv.slice(2)
const stores = createStores()
const { signal } = new AbortController()

const service = await startLambdaService({
  functions: [
    {
      name: functionName,
      handler: 'none',
      memoryMb: 512,
      timeoutMs: 900_000,
      zip: emptyZip(),
      environment: {},
    },
  ],
  async noOp(payload) {
    const event = JSON.parse(Buffer.from(payload).toString()) as StageTaskEvent & {
      readonly answerTo?: string
    }
    const result = JSON.stringify(await behave(event, signal))
    if (event.answerTo !== undefined)
      await stores.open(event.store).put(`${event.answerTo}${RESULT}`, Buffer.from(result))
    return result
  },
})
process.send!({ endpoint: service.endpoint, region: service.region })
process.on('disconnect', () => process.exit())

/** The end of an archive without files. */
function emptyZip(): Uint8Array {
  const end = new Uint8Array(22)
  end.set([0x50, 0x4b, 0x05, 0x06])
  return end
}
