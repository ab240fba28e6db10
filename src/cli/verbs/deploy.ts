/** `dunlin deploy`: brings an AWS account to what jobs need. */
import { writeFile } from 'node:fs/promises'
import type { Deployed, Deployment, Grants } from '../../../lambda/aws/deploy/index.ts'
import { engineVersion } from '../../engine/engine-version.ts'
import { systemClock } from '../../ports/system-clock.ts'
import type { VerbHost } from '../main.ts'
import { bytesText } from '../quantity-text.ts'
import { type DeploymentFlags, readDeployment } from '../read-deployment.ts'

export interface DeployVerbOptions extends DeploymentFlags {
  readonly read?: readonly string[]
  readonly write?: readonly string[]
  readonly kms?: readonly string[]
  readonly keepDays?: number
  readonly print?: 'functions' | 'storage'
  readonly package?: string
}

export async function deployVerb(host: VerbHost, options: DeployVerbOptions): Promise<void> {
  const { output, interrupt } = host
  const aws = await import('../../../lambda/aws/deploy/index.ts')
  const { settings, place } = await readDeployment(options)
  const given = grantsOf(options)
  if (given !== undefined) aws.checkGrants(given)
  const planned = (grants: Grants | undefined): Deployment =>
    aws.planDeployment(settings, {
      version: engineVersion,
      ...(grants === undefined ? {} : { grants }),
      ...(options.keepDays === undefined ? {} : { keepDays: options.keepDays }),
    })
  // What is wrong with the settings is said before anything is sent.
  const deployment = planned(given)
  if (options.print !== undefined || options.package !== undefined)
    return makeFiles(host, options, deployment)
  const clients = aws.openAws(place)
  const work = { aws: clients, clock: systemClock, say: output.say, signal: interrupt.signal }
  try {
    const kept = given ?? (await aws.deployedGrants(deployment.name, work))
    if (given === undefined && kept !== undefined && grantsText(kept) !== '')
      output.say(`the grants stay as they were: ${grantsText(kept)}`)
    const deployed = await aws.deploy(planned(kept), work)
    if (host.json) output.json(deployed)
    else output.say(deployedText(deployed))
  } finally {
    clients.close()
  }
}

/** For who may not deploy, and hands it to who may: nothing is sent. */
async function makeFiles(
  { output, json }: VerbHost,
  options: DeployVerbOptions,
  deployment: Deployment,
): Promise<void> {
  const aws = await import('../../../lambda/aws/deploy/index.ts')
  if (options.print === 'storage') output.data(aws.templateText(aws.storageTemplate(deployment)).trimEnd())
  if (options.print !== 'functions' && options.package === undefined) return
  const { zip, key } = await aws.functionPackage()
  if (options.print === 'functions')
    output.data(aws.templateText(aws.functionsTemplate(deployment, key)).trimEnd())
  if (options.package === undefined) return output.say(`${key} must be in the bucket: --package writes it`)
  await writeFile(options.package, zip)
  output.say(`wrote ${options.package} (${bytesText(zip.byteLength)}), which goes to ${key} in the bucket`)
  if (json && options.print === undefined) output.json({ package: options.package, key })
}

/** Undefined where no flag says anything: then those of before stay. */
function grantsOf({ read, write, kms }: DeployVerbOptions): Grants | undefined {
  if (read === undefined && write === undefined && kms === undefined) return undefined
  return { reads: read ?? [], writes: write ?? [], kmsKeys: kms ?? [] }
}

function grantsText({ reads, writes, kmsKeys }: Grants): string {
  return [
    ...reads.map(uri => `--read ${uri}`),
    ...writes.map(uri => `--write ${uri}`),
    ...kmsKeys.map(arn => `--kms ${arn}`),
  ].join(' ')
}

function deployedText(deployed: Deployed): string {
  const { bucket, bucketOf, functions, workerRole, driverPolicy, grants, storage, compute } = deployed
  const unchanged = storage === 'unchanged' && compute === 'unchanged'
  const rows = [
    ['bucket', bucketOf === 'dunlin' ? bucket : `${bucket}, which was there before`],
    ['functions', functions.join(', ')],
    ['run as', workerRole],
    ['grants', grantsText(grants) || 'the bucket alone; --read and --write add to it'],
    ['policy', `${driverPolicy}: attach it to the users and roles that run jobs`],
  ]
  return [
    unchanged ? 'nothing has changed: it is deployed' : 'deployed',
    ...rows.map(([label = '', text]) => `  ${label.padEnd(9)} ${text}`),
  ].join('\n')
}
