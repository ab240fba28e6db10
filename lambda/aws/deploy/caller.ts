/** findCaller: who asks, in which account and region. */
import { DunlinError } from '../../../src/worker.ts'
import type { Aws } from './aws-clients.ts'
import { asking, REGION_HINT } from './aws-error.ts'

export interface Caller {
  /** Twelve digits. */
  readonly account: string
  readonly region: string
  /** Of the user or role. */
  readonly arn: string
}

/** @throws CONFIGURATION without region or credentials */
export async function findCaller(aws: Aws): Promise<Caller> {
  const region = await findRegion(aws)
  const sts = await aws.sts()
  const { Account, Arn } = await asking('sts:GetCallerIdentity', () => sts.getCallerIdentity())
  return { account: Account ?? '', region, arn: Arn ?? '' }
}

/** @throws CONFIGURATION where none is configured */
export async function findRegion(aws: Aws): Promise<string> {
  const sts = await aws.sts()
  try {
    return await sts.config.region()
  } catch (cause) {
    throw new DunlinError('CONFIGURATION', 'no AWS region is configured', { cause, hint: REGION_HINT })
  }
}
