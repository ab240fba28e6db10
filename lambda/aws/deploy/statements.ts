/** Statements of the two policies, made from the table of rights. Pure. */
import { functionName } from '../deployment.ts'
import { bucketPattern, type Deployment } from './deployment-plan.ts'
import { type GrantedPrefix, parseGrant } from './grants.ts'
import { logGroup, workerRole } from './names.ts'
import {
  actionsAt,
  FUNCTION_ACTIONS,
  isOfBucket,
  KMS_ACTIONS,
  LOG_ACTIONS,
  OWN_PREFIXES,
  ROLE_ACTIONS,
  type Who,
} from './rights.ts'
import { ACCOUNT, PARTITION, REGION, type Statement, sub, type Text } from './template.ts'

/** For the role that the functions run as. */
export function workerStatements(deployment: Deployment): Statement[] {
  const groups = names(deployment).map(name =>
    sub(`arn:${PARTITION}:logs:${REGION}:${ACCOUNT}:log-group:${logGroup(name)}:*`),
  )
  return [...storeStatements('worker', deployment), allow('Logs', LOG_ACTIONS, groups)]
}

/** For whoever runs jobs. */
export function driverStatements(deployment: Deployment): Statement[] {
  const functions = names(deployment).map(name =>
    sub(`arn:${PARTITION}:lambda:${REGION}:${ACCOUNT}:function:${name}`),
  )
  const role = sub(`arn:${PARTITION}:iam::${ACCOUNT}:role/${workerRole(deployment.name, REGION)}`)
  return [
    ...storeStatements('driver', deployment),
    allow('Functions', FUNCTION_ACTIONS, functions),
    allow('WorkerRole', ROLE_ACTIONS, [role]),
  ]
}

const names = ({ name, memorySizesMb }: Deployment): string[] =>
  memorySizesMb.map(memoryMb => functionName(name, memoryMb))

function storeStatements(who: Who, deployment: Deployment): Statement[] {
  const { reads, writes, kmsKeys } = deployment.grants
  const statements = [...ownStatements(who, deployment)]
  for (const [i, uri] of reads.entries()) statements.push(...granted(who, 'reads', parseGrant(uri), i))
  for (const [i, uri] of writes.entries()) statements.push(...granted(who, 'writes', parseGrant(uri), i))
  if (kmsKeys.length > 0) statements.push(allow('Kms', KMS_ACTIONS, kmsKeys))
  return statements
}

function ownStatements(who: Who, deployment: Deployment): Statement[] {
  const bucket = `arn:${PARTITION}:s3:::${bucketPattern(deployment)}`
  const statements: Statement[] = []
  const ofBucket = new Set<string>()
  for (const place of ['jobs', 'code', 'reuse', 'failedEvents'] as const) {
    const actions = actionsAt(who, place)
    const ofObjects = actions.filter(action => !isOfBucket(action))
    for (const action of actions) if (isOfBucket(action)) ofBucket.add(action)
    if (ofObjects.length > 0) {
      const sid = `Own${place[0]!.toUpperCase()}${place.slice(1)}`
      statements.push(allow(sid, ofObjects, [sub(`${bucket}/${OWN_PREFIXES[place]}*`)]))
    }
  }
  return [...statements, allow('OwnBucket', [...ofBucket].sort(), [sub(bucket)])]
}

/** `reads` and `writes` differ in their actions alone. */
function granted(
  who: Who,
  place: 'reads' | 'writes',
  { bucket, prefix }: GrantedPrefix,
  index: number,
): Statement[] {
  const arn = `arn:${PARTITION}:s3:::${bucket}`
  const sid = `${place === 'reads' ? 'Read' : 'Write'}${index + 1}`
  const actions = actionsAt(who, place)
  const objects = prefix === '' ? [sub(`${arn}/*`)] : [sub(`${arn}/${prefix}`), sub(`${arn}/${prefix}/*`)]
  const statements = [
    allow(
      sid,
      actions.filter(action => !isOfBucket(action)),
      objects,
    ),
  ]
  if (actions.includes('s3:ListBucket')) {
    // With IfExists: a HEAD has no prefix, and must be answered where there is no object.
    const below = { StringLikeIfExists: { 's3:prefix': [prefix, `${prefix}/*`] } }
    statements.push({
      ...allow(`${sid}List`, ['s3:ListBucket'], [sub(arn)]),
      ...(prefix === '' ? {} : { Condition: below }),
    })
  }
  // S3 knows no condition on prefixes here.
  if (actions.includes('s3:ListBucketMultipartUploads'))
    statements.push(allow(`${sid}Uploads`, ['s3:ListBucketMultipartUploads'], [sub(arn)]))
  return statements
}

function allow(Sid: string, actions: readonly string[], resources: readonly Text[]): Statement {
  return { Sid, Effect: 'Allow', Action: actions, Resource: resources }
}
