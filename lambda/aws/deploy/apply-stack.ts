/** applyStack and removeStack: a stack becomes what a template says, or goes. Both may be called again at any time. */
import { randomUUID } from 'node:crypto'
import type { Stack } from '@aws-sdk/client-cloudformation'
import { DunlinError } from '../../../src/worker.ts'
import { asking, errorName } from './aws-error.ts'
import { describeStack, isMoving, StackLog, type StackWork, settled } from './stack.ts'
import { type Template, templateText } from './template.ts'

export type Change = 'created' | 'updated' | 'unchanged'

export interface Applied {
  readonly stack: Stack
  readonly change: Change
}

/**
 * Waits for whoever works on the stack, then makes it, or changes it.
 *
 * @throws ACCESS_DENIED, or CONFIGURATION with the reasons of the resources that failed. What was made is taken back then.
 */
export async function applyStack(work: StackWork, name: string, template: Template): Promise<Applied> {
  const text = templateText(template)
  let before = await quiet(work, name)
  if (before !== undefined && isUnfinished(before)) {
    work.say(`the stack ${name} is ${before.StackStatus}: it is removed and made again`)
    await removeStack(work, name)
    before = undefined
  }
  if (before === undefined) return create(work, name, text)
  if (!/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(before.StackStatus ?? '')) throw stuck(before)
  if ((await deployedText(work, name)) === text) return { stack: before, change: 'unchanged' }
  return update(work, before, text)
}

/** Waits until the stack is gone; says whether there was one. */
export async function removeStack(work: StackWork, name: string): Promise<boolean> {
  const before = await quiet(work, name)
  if (before === undefined) return false
  const id = before.StackId ?? name
  const log = await StackLog.begin(work, id, { isNew: false })
  work.say(`deleting the stack ${name}`)
  await asking('cloudformation:DeleteStack', () => work.cloudformation.deleteStack({ StackName: id }))
  const after = await settled(work, id, log)
  if (after !== undefined && after.StackStatus !== 'DELETE_COMPLETE') throw failed(after, 'deleted', log)
  return true
}

/** The template that was applied last; undefined where there is no stack. */
export async function deployedText({ cloudformation }: StackWork, name: string): Promise<string | undefined> {
  return asking('cloudformation:GetTemplate', async () => {
    try {
      return (await cloudformation.getTemplate({ StackName: name })).TemplateBody
    } catch (error) {
      if (errorName(error) === 'ValidationError') return undefined
      throw error
    }
  })
}

const NAMED_IAM = ['CAPABILITY_NAMED_IAM' as const]

async function create(work: StackWork, name: string, text: string): Promise<Applied> {
  work.say(`creating the stack ${name}`)
  const { StackId = name } = await asking('cloudformation:CreateStack', () =>
    work.cloudformation.createStack({
      StackName: name,
      TemplateBody: text,
      Capabilities: NAMED_IAM,
      ClientRequestToken: randomUUID(),
      // A first try that fails leaves nothing.
      OnFailure: 'DELETE',
    }),
  )
  const log = await StackLog.begin(work, StackId, { isNew: true })
  const stack = await settled(work, StackId, log)
  if (stack?.StackStatus !== 'CREATE_COMPLETE') throw failed({ StackName: name, ...stack }, 'created', log)
  return { stack, change: 'created' }
}

async function update(work: StackWork, before: Stack, text: string): Promise<Applied> {
  const id = before.StackId ?? before.StackName!
  const log = await StackLog.begin(work, id, { isNew: false })
  try {
    await work.cloudformation.updateStack({
      StackName: id,
      TemplateBody: text,
      Capabilities: NAMED_IAM,
      ClientRequestToken: randomUUID(),
    })
  } catch (error) {
    if (/No updates are to be performed/.test((error as Error).message))
      return { stack: before, change: 'unchanged' }
    throw await asking('cloudformation:UpdateStack', () => Promise.reject(error))
  }
  work.say(`updating the stack ${before.StackName}`)
  const stack = await settled(work, id, log)
  if (stack?.StackStatus !== 'UPDATE_COMPLETE') throw failed(stack ?? before, 'updated', log)
  return { stack, change: 'updated' }
}

/** The stack, when nobody works on it. */
async function quiet(work: StackWork, name: string): Promise<Stack | undefined> {
  const now = await describeStack(work, name)
  if (now === undefined || now.StackStatus === 'DELETE_COMPLETE') return undefined
  if (!isMoving(now)) return now
  work.say(`the stack ${name} is ${now.StackStatus}: waiting for it`)
  const id = now.StackId ?? name
  const after = await settled(work, id, await StackLog.begin(work, id, { isNew: false }))
  return after?.StackStatus === 'DELETE_COMPLETE' ? undefined : after
}

/** CloudFormation lets nothing but deletion be done to what failed when it was made, or when it was deleted. */
const isUnfinished = ({ StackStatus }: Stack): boolean =>
  ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED', 'REVIEW_IN_PROGRESS', 'DELETE_FAILED'].includes(
    StackStatus ?? '',
  )

function stuck({ StackName, StackStatus }: Stack): DunlinError {
  return new DunlinError('CONFIGURATION', `the stack ${StackName} is ${StackStatus}, and takes no change`, {
    hint: `Let CloudFormation go on: aws cloudformation continue-update-rollback --stack-name ${StackName}. Or \`dunlin destroy\` and deploy again.`,
  })
}

function failed(
  { StackName, StackStatus = 'gone' }: { StackName?: string | undefined; StackStatus?: string | undefined },
  what: string,
  { failures }: StackLog,
): DunlinError {
  const why = failures.length > 0 ? failures.join('; ') : `it is ${StackStatus}`
  const message = `the stack ${StackName} could not be ${what}: ${why}`
  const text = failures.join('\n')
  if (/not authorized to perform|AccessDenied|UnauthorizedOperation/i.test(text)) {
    const hint =
      'The rights that deploying needs are in docs/aws.md; `dunlin deploy --print` is for who may not deploy.'
    return new DunlinError('ACCESS_DENIED', message, { hint })
  }
  const attached = /DeleteConflict|detach/i.test(text)
  const hint = attached
    ? 'Detach the policy from the users and roles that have it, then do this again.'
    : 'Remove the reason, then do this again: what is done already stays.'
  return new DunlinError('CONFIGURATION', message, { hint })
}
