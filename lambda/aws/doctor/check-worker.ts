/** What the functions may do with the data of a job, as far as IAM tells: their own policies, not those of buckets. */
import type { EvaluationResult, IAM } from '@aws-sdk/client-iam'
import type { Aws } from '../deploy/aws-clients.ts'
import { awsError, errorName, isDenied } from '../deploy/aws-error.ts'
import type { Caller } from '../deploy/caller.ts'
import { workerRole } from '../deploy/names.ts'
import { actionsAt, isOfBucket } from '../deploy/rights.ts'
import { parseS3Uri } from '../s3/s3-uri.ts'
import { type Check, notChecked, notOk, ok } from './check.ts'

/** What a job reads and writes, by `s3://` URIs. */
export interface JobPlaces {
  /** An object of each source. */
  readonly reads: readonly string[]
  /** The directory of each output. */
  readonly writes: readonly string[]
}

export async function checkWorker(
  aws: Aws,
  name: string,
  places: JobPlaces,
  caller: Caller,
): Promise<readonly Check[]> {
  const checks: Check[] = []
  for (const uri of places.reads) checks.push(await checkPlace(aws, name, { place: 'reads', uri }, caller))
  for (const uri of places.writes) checks.push(await checkPlace(aws, name, { place: 'writes', uri }, caller))
  return checks
}

interface AskedPlace {
  readonly place: 'reads' | 'writes'
  readonly uri: string
}

async function checkPlace(aws: Aws, name: string, asked: AskedPlace, caller: Caller): Promise<Check> {
  const { place, uri } = asked
  const role = workerRole(name, caller.region)
  const subject = `functions ${place === 'reads' ? 'read' : 'write'} ${uri}`
  try {
    const denied = await deniedActions(await aws.iam(), asked, role, caller)
    if (denied.length === 0) return ok(subject, `the role ${role} may`)
    const flag = place === 'reads' ? '--read' : '--write'
    return notOk(
      subject,
      `the role ${role} lacks ${denied.join(', ')}`,
      `Grant it: dunlin deploy ${flag} ${directoryOf(asked)}, with the grants that it had.`,
    )
  } catch (error) {
    if (errorName(error) === 'NoSuchEntityException' || errorName(error) === 'NoSuchEntity')
      return notOk(subject, `there is no role ${role}`, 'Deploy it: `dunlin deploy`.')
    if (isDenied(error)) return notChecked(subject, 'needs iam:SimulatePrincipalPolicy, which is not granted')
    return notChecked(subject, awsError(error, 'iam:SimulatePrincipalPolicy').message)
  }
}

async function deniedActions(iam: IAM, asked: AskedPlace, role: string, caller: Caller): Promise<string[]> {
  const partition = caller.arn.split(':')[1] || 'aws'
  const PolicySourceArn = `arn:${partition}:iam::${caller.account}:role/${role}`
  const { bucket, path } = partsOf(asked)
  const actions = actionsAt('worker', asked.place)
  const ofBucket = actions.filter(isOfBucket)
  const { EvaluationResults: ofObjects = [] } = await iam.simulatePrincipalPolicy({
    PolicySourceArn,
    ActionNames: actions.filter(action => !isOfBucket(action)),
    ResourceArns: [`arn:${partition}:s3:::${bucket}/${path}`],
  })
  const isDeniedOne = ({ EvalDecision }: EvaluationResult): boolean => EvalDecision !== 'allowed'
  const namesOf = (results: readonly EvaluationResult[]): string[] =>
    results.filter(isDeniedOne).map(({ EvalActionName = '?' }) => EvalActionName)
  if (ofBucket.length === 0) return namesOf(ofObjects)
  const { EvaluationResults: ofTheBucket = [] } = await iam.simulatePrincipalPolicy({
    PolicySourceArn,
    ActionNames: ofBucket,
    ResourceArns: [`arn:${partition}:s3:::${bucket}`],
    ContextEntries: [{ ContextKeyName: 's3:prefix', ContextKeyType: 'string', ContextKeyValues: [path] }],
  })
  return namesOf([...ofObjects, ...ofTheBucket])
}

/** A key that a part could have, where an output is meant. */
function partsOf({ place, uri }: AskedPlace): { readonly bucket: string; readonly path: string } {
  const { bucket, prefix } = parseS3Uri(uri)
  return { bucket, path: place === 'writes' ? `${prefix}part-00000` : prefix.replace(/\/$/, '') }
}

function directoryOf({ place, uri }: AskedPlace): string {
  return place === 'writes' ? uri : uri.slice(0, uri.lastIndexOf('/') + 1)
}
