/** functionsTemplate: a function for each size of memory, their logs, and the rights of workers and drivers. */
import { functionName } from '../deployment.ts'
import { bucketPattern, bucketText, type Deployment } from './deployment-plan.ts'
import { driverPolicy, logGroup, workerRole } from './names.ts'
import { driverStatements, workerStatements } from './statements.ts'
import { PARTITION, policy, REGION, type Resource, sub, type Template, type Value } from './template.ts'

/** It lives longest of those that Lambda has. */
const RUNTIME = 'nodejs24.x'
const LOG_DAYS = 14
/** Of the function's own disk: the code of jobs. Shuffle data and runs go to the bucket. */
const DISK_MB = 512
/** An event that has waited so long for room comes too late: its task has been given up, or is asked for again. */
const EVENT_AGE_SECONDS = 3_600

/** `code`: the key of the package in the bucket. */
export function functionsTemplate(deployment: Deployment, code: string): Template {
  const { name, version, memorySizesMb, grants } = deployment
  const resources: Record<string, Resource> = {
    WorkerRole: role(deployment),
    DriverPolicy: driver(deployment),
  }
  for (const memoryMb of memorySizesMb) {
    resources[`Logs${memoryMb}`] = logs(functionName(name, memoryMb))
    resources[`Function${memoryMb}`] = lambda(deployment, memoryMb, code)
    resources[`Events${memoryMb}`] = events(deployment, memoryMb)
  }
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `dunlin ${version}: the functions that run tasks, and their rights`,
    Metadata: { dunlin: { version, grants: { ...grants }, memorySizesMb } },
    Resources: resources,
    Outputs: {
      Bucket: { Description: 'Of jobs and their data', Value: bucketText(deployment) },
      WorkerRole: {
        Description: 'What the functions run as',
        Value: { 'Fn::GetAtt': ['WorkerRole', 'Arn'] },
      },
      DriverPolicy: {
        Description: 'To attach to users and roles that run jobs',
        Value: { Ref: 'DriverPolicy' },
      },
    },
  }
}

function lambda(deployment: Deployment, memoryMb: number, code: string): Resource {
  const { name, timeoutMs, architecture, version } = deployment
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: functionName(name, memoryMb),
      Description: functionDescription(version),
      Runtime: RUNTIME,
      Handler: 'index.handler',
      Architectures: [architecture],
      Code: { S3Bucket: bucketText(deployment), S3Key: code },
      Role: { 'Fn::GetAtt': ['WorkerRole', 'Arn'] },
      MemorySize: memoryMb,
      Timeout: Math.floor(timeoutMs / 1_000),
      EphemeralStorage: { Size: DISK_MB },
      // Lambda would make one that keeps its lines for ever.
      LoggingConfig: { LogGroup: { Ref: `Logs${memoryMb}` } },
      Tags: [{ Key: 'dunlin', Value: name }],
    },
  }
}

/** What `dunlin doctor` reads the version from. */
export const functionDescription = (version: string): string => `dunlin ${version}: runs tasks of jobs`

/** A retry by Lambda is one that nobody has asked for: the scheduler decides about those. */
function events(deployment: Deployment, memoryMb: number): Resource {
  return {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: {
      FunctionName: { Ref: `Function${memoryMb}` },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: EVENT_AGE_SECONDS,
      DestinationConfig: {
        OnFailure: { Destination: sub(`arn:${PARTITION}:s3:::${bucketPattern(deployment)}`) },
      },
    },
  }
}

function logs(name: string): Resource {
  return {
    Type: 'AWS::Logs::LogGroup',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: { LogGroupName: logGroup(name), RetentionInDays: LOG_DAYS },
  }
}

function role(deployment: Deployment): Resource {
  const assume: Value = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  }
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: sub(workerRole(deployment.name, REGION)),
      Description: 'What the functions of dunlin run as',
      AssumeRolePolicyDocument: assume,
      Policies: [{ PolicyName: 'worker', PolicyDocument: policy(workerStatements(deployment)) }],
    },
  }
}

function driver(deployment: Deployment): Resource {
  return {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      ManagedPolicyName: sub(driverPolicy(deployment.name, REGION)),
      Description: 'For users and roles that run jobs of dunlin',
      PolicyDocument: policy(driverStatements(deployment)),
    },
  }
}
