import { range } from 'dunlin'
import { expect, test } from 'vitest'
import { awsRates } from '../../../lambda/aws/aws-rates.ts'
import { checkResources } from '../../../src/engine/check-resources.ts'
import { memoryOf } from '../../../src/job/launch.ts'
import { Step } from '../../../src/job/step.ts'
import { Machine } from '../job/machine.ts'
import { scan, toFiles } from '../job/plans.ts'

const facts = {
  ...{ name: 'aws', slots: 10 },
  ...awsRates({
    region: 'us-east-1',
    architecture: 'arm64',
    memorySizesMb: [1_769, 3_538],
    timeoutMs: 60_000,
  }),
}
const planOf = (asked: { memoryMb?: number; timeoutMs?: number }) => ({
  stages: [scan(0, 1, toFiles, asked)],
})

test('a stage is run by the smallest size that has what it asks for', () => {
  const backend = { memorySizesMb: facts.memorySizesMb!, memoryIsTotal: true }
  const sizeFor = (memoryMb: number): number => {
    const { state } = new Machine([scan(0, 1, toFiles, { memoryMb })], {}, backend)
    return memoryOf(new Step(state), { position: 0, task: 0 })
  }
  expect([256, 1_769, 1_770, 3_538].map(sizeFor)).toEqual([1_769, 1_769, 3_538, 3_538])
})

test('what an engine does not have is refused before anything runs, with what it has', () => {
  expect(() => checkResources(planOf({ memoryMb: 3_538, timeoutMs: 60_000 }), facts)).not.toThrow()
  expect(() => checkResources(planOf({ memoryMb: 4_000 }), facts)).toThrow(
    'stage 0 (Scan 0) asks for 4000 MB, and workers of the engine aws have 1769, 3538 MB',
  )
  expect(() => checkResources(planOf({ timeoutMs: 900_000 }), facts)).not.toThrow()
  expect(() => checkResources(planOf({ timeoutMs: 60_001 }), facts)).toThrow('gives 60000 ms at most')
})

test.each([
  [{ gpu: 1 }, 'there is no gpu'],
  [{ architecture: 'riscv' }, 'the architecture "riscv" is not known'],
  [{ architecture: 'arm64' }, 'is that of the deployment'],
])('%j is refused with the reason', (resources, reason) => {
  expect(() => range(3).with(resources as object)).toThrow(reason)
})
