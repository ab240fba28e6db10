/** Whether bucket and functions are there, and are those that this dunlin would deploy. */
import type { FunctionConfiguration } from '@aws-sdk/client-lambda'
import type { Aws } from '../deploy/aws-clients.ts'
import { asking, errorName, isDenied } from '../deploy/aws-error.ts'
import type { Caller } from '../deploy/caller.ts'
import type { Deployment } from '../deploy/deployment-plan.ts'
import { hasBucket } from '../deploy/find-bucket.ts'
import { driverPolicy } from '../deploy/names.ts'
import { functionName } from '../deployment.ts'
import { type Check, checked, notOk, ok } from './check.ts'

const DEPLOY = 'Deploy it: `dunlin deploy`.'
const ELSEWHERE = 'If it is deployed, it is under another --region, --name or account.'

export async function checkBucket(aws: Aws, bucket: string, caller: Caller): Promise<Check> {
  return checked('bucket', async () =>
    (await hasBucket(await aws.s3(), bucket, caller))
      ? ok('bucket', bucket)
      : notOk(
          'bucket',
          `there is no bucket ${bucket} in account ${caller.account}`,
          `${DEPLOY} ${ELSEWHERE}`,
        ),
  )
}

export async function checkFunction(
  aws: Aws,
  deployment: Deployment,
  memoryMb: number,
  caller: Caller,
): Promise<Check> {
  const name = functionName(deployment.name, memoryMb)
  const subject = `function ${name}`
  const lambda = await aws.lambda()
  try {
    const found = await lambda.getFunctionConfiguration({ FunctionName: name })
    const wrong = differences(found, deployment, memoryMb)
    if (wrong.length > 0) return notOk(subject, wrong.join('; '), 'Deploy it again: `dunlin deploy`.')
    const { MemorySize, Timeout, Runtime } = found
    return ok(subject, `dunlin ${deployment.version}, ${MemorySize} MB, ${Timeout} s, ${Runtime}`)
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException')
      return notOk(
        subject,
        `there is none in ${caller.region} of account ${caller.account}`,
        `${DEPLOY} ${ELSEWHERE}`,
      )
    if (isDenied(error)) {
      const policy = driverPolicy(deployment.name, caller.region)
      return notOk(
        subject,
        `${caller.arn} may not ask for it (${(error as Error).message})`,
        `Attach the policy ${policy}, which \`dunlin deploy\` made, to whoever runs jobs.`,
      )
    }
    return checked(subject, () => asking('lambda:GetFunctionConfiguration', () => Promise.reject(error)))
  }
}

function differences(found: FunctionConfiguration, deployment: Deployment, memoryMb: number): string[] {
  const { Description = '', MemorySize, Timeout = 0, Architectures = [], State, LastUpdateStatus } = found
  const version = /^dunlin (\S+):/.exec(Description)?.[1]
  const wrong: string[] = []
  if (version === undefined) wrong.push('it is not one that `dunlin deploy` made')
  else if (version !== deployment.version)
    wrong.push(`it is of dunlin ${version}, and this is dunlin ${deployment.version}`)
  if (MemorySize !== memoryMb) wrong.push(`it has ${MemorySize} MB, not ${memoryMb}`)
  if (Timeout * 1_000 < deployment.timeoutMs - 999)
    wrong.push(`it may take ${Timeout} s, and the settings say ${deployment.timeoutMs / 1_000} s`)
  if (Architectures.length > 0 && !Architectures.includes(deployment.architecture))
    wrong.push(`it is for ${Architectures.join()}, and the settings say ${deployment.architecture}`)
  if (State === 'Failed' || LastUpdateStatus === 'Failed')
    wrong.push(
      `Lambda could not make it: ${found.StateReason ?? found.LastUpdateStatusReason ?? 'no reason is given'}`,
    )
  return wrong
}
