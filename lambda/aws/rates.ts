/** rateFacts: what the planner estimates seconds and dollars by. */
import type { Engine } from '../../src/worker.ts'
import type { Architecture } from './deployment.ts'

/** What one function reads and writes in a second, sustained. Measured by others; bursts are faster. */
const BYTES_PER_SECOND = 75e6

/** Prices of us-east-1, in dollars; aws.amazon.com/lambda/pricing and aws.amazon.com/s3/pricing, November 2026. */
const US_EAST_1 = {
  perGbSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 },
  perInvocation: 0.2e-6,
  perGet: 0.4e-6,
  perPut: 5e-6,
}

export function rateFacts(architecture: Architecture): Omit<Engine['facts'], 'name' | 'slots'> {
  return {
    bytesPerSecond: BYTES_PER_SECOND,
    dollars: {
      perGbSecond: US_EAST_1.perGbSecond[architecture],
      perTask: US_EAST_1.perInvocation,
      perGet: US_EAST_1.perGet,
      perPut: US_EAST_1.perPut,
    },
  }
}
