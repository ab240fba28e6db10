/** examine: looks at all that a job on AWS needs, one thing after another, and changes nothing. */

import type { Aws } from '../deploy/aws-clients.ts'
import type { Caller } from '../deploy/caller.ts'
import { bucketName, type Deployment } from '../deploy/deployment-plan.ts'
import { type Check, notChecked } from './check.ts'
import { checkCredentials, checkPackages, checkQuota, checkRegion } from './check-account.ts'
import { checkBucket, checkFunction } from './check-deployed.ts'

export interface Examination {
  readonly checks: readonly Check[]
  /** Undefined where nobody could be asked. */
  readonly caller: Caller | undefined
}

/** `tell` is given each check as soon as it is made. */
export async function examine(
  deployment: Deployment,
  aws: Aws,
  tell: (check: Check) => void,
): Promise<Examination> {
  const checks: Check[] = []
  const add = (check: Check): Check => {
    checks.push(check)
    tell(check)
    return check
  }
  const { memorySizesMb, name } = deployment
  const rest = ['concurrency', 'bucket', ...memorySizesMb.map(memoryMb => `function ${name}-${memoryMb}`)]
  const skip = (subjects: readonly string[], needs: string): Examination => {
    for (const subject of subjects) add(notChecked(subject, `needs ${needs}`))
    return { checks, caller: undefined }
  }
  if (add(await checkPackages()).state === 'notOk')
    return skip(['region', 'credentials', ...rest], 'the AWS SDK')
  if (add(await checkRegion(aws)).state === 'notOk') return skip(['credentials', ...rest], 'a region')
  const { check, caller } = await checkCredentials(aws)
  add(check)
  if (caller === undefined) return skip(rest, 'credentials')
  add(await checkQuota(aws))
  add(await checkBucket(aws, bucketName(deployment, caller), caller))
  for (const memoryMb of memorySizesMb) add(await checkFunction(aws, deployment, memoryMb, caller))
  return { checks, caller }
}
