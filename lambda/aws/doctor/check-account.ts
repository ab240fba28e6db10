/** Whether the SDK is there, who asks, where, and how much may run at once. */
import { type Aws, isInstalled, packageOf, SERVICES, type Service } from '../deploy/aws-clients.ts'
import { awsError, isDenied } from '../deploy/aws-error.ts'
import { type Caller, findCaller, findRegion } from '../deploy/caller.ts'
import { type Check, checked, notChecked, notOk, ok } from './check.ts'

/** What is not needed to run jobs. */
const ONLY_FOR: ReadonlyMap<Service, string> = new Map([
  ['cloudformation', 'dunlin deploy and destroy'],
  ['iam', 'dunlin doctor job.ts'],
])

export async function checkPackages(): Promise<Check> {
  const subject = 'AWS SDK'
  const there = await Promise.all(SERVICES.map(isInstalled))
  const missing = SERVICES.filter((_, i) => !there[i])
  const needed = missing.filter(service => !ONLY_FOR.has(service))
  const install = `npm install ${missing.map(packageOf).join(' ')}`
  if (needed.length > 0)
    return notOk(subject, `${needed.map(packageOf).join(', ')} is not installed`, install)
  if (missing.length === 0) return ok(subject, 'all packages are installed')
  const uses = missing.map(service => `${packageOf(service)} is for ${ONLY_FOR.get(service)}`)
  return ok(subject, `installed, but for what else there is: ${uses.join(', ')}`, install)
}

export async function checkRegion(aws: Aws): Promise<Check> {
  return checked('region', async () => ok('region', await findRegion(aws)))
}

export async function checkCredentials(
  aws: Aws,
): Promise<{ readonly check: Check; readonly caller: Caller | undefined }> {
  let caller: Caller | undefined
  const check = await checked('credentials', async () => {
    caller = await findCaller(aws)
    return ok('credentials', `${caller.arn}, account ${caller.account}`)
  })
  return { check, caller }
}

/** New accounts may have no more than this. */
const FEW = 50

/** The right to ask cannot be limited to one's own, so that it is not in the driver's policy. */
export async function checkQuota(aws: Aws): Promise<Check> {
  const subject = 'concurrency'
  const lambda = await aws.lambda()
  try {
    const { AccountLimit } = await lambda.getAccountSettings()
    const { ConcurrentExecutions: all, UnreservedConcurrentExecutions: free } = AccountLimit ?? {}
    if (all === undefined || free === undefined) return notChecked(subject, 'AWS did not say')
    const text = `${all} at once in this account and region, of which ${free} are not reserved`
    return free >= FEW
      ? ok(subject, text)
      : ok(subject, text, 'Ask for more at Service Quotas: Lambda, concurrent executions.')
  } catch (error) {
    const action = 'lambda:GetAccountSettings'
    if (isDenied(error)) return notChecked(subject, `needs ${action}, which is not granted`)
    return notChecked(subject, awsError(error, action).message)
  }
}
