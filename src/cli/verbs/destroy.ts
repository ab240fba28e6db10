/** `dunlin destroy`: removes what `dunlin deploy` and jobs have made in an AWS account, and nothing else. */
import type { Destroyed, Found } from '../../../lambda/aws/deploy/index.ts'
import { systemClock } from '../../ports/system-clock.ts'
import { confirm } from '../confirm.ts'
import type { VerbHost } from '../main.ts'
import { bytesText, plural } from '../quantity-text.ts'
import { type DeploymentFlags, readDeployment } from '../read-deployment.ts'

export interface DestroyVerbOptions extends Pick<DeploymentFlags, 'region' | 'name' | 'bucket' | 'endpoint'> {
  readonly yes?: true
}

const NOTHING: Destroyed = { removed: { stacks: [], objects: 0, bytes: 0 }, kept: [] }

export async function destroyVerb(host: VerbHost, options: DestroyVerbOptions): Promise<void> {
  const { output, interrupt } = host
  const aws = await import('../../../lambda/aws/deploy/index.ts')
  const { settings, place } = await readDeployment(options)
  const clients = aws.openAws(place)
  const work = { aws: clients, clock: systemClock, say: output.say, signal: interrupt.signal }
  try {
    const found = await aws.findDeployed(settings, work)
    const { name, caller } = found
    if (aws.isNothing(found)) {
      output.say(`nothing named ${name} is deployed in ${caller.region} of account ${caller.account}`)
      if (host.json) output.json(NOTHING)
      return
    }
    output.say(foundText(found))
    if (options.yes !== true && !(await confirm('Remove it?', interrupt))) {
      output.say('nothing was removed')
      if (host.json) output.json(NOTHING)
      return
    }
    const destroyed = await aws.destroy(found, work)
    if (host.json) output.json(destroyed)
    output.say(removedText(destroyed))
    for (const kept of destroyed.kept) output.warn(`kept ${kept}`)
  } finally {
    clients.close()
  }
}

function foundText({ name, caller, functionsStack, storageStack, bucket }: Found): string {
  const lines = [`${name} in ${caller.region} of account ${caller.account}:`]
  if (functionsStack !== undefined)
    lines.push(`  the stack ${functionsStack}: functions, their logs and rights`)
  if (bucket !== undefined) {
    const { own, foreign } = bucket.contents
    const jobs = `${plural(own.jobs, 'job')}, ${plural(own.objects, 'object')}, ${bytesText(own.bytes)}`
    lines.push(`  in the bucket ${bucket.name}: what dunlin wrote for itself (${jobs})`)
    if (foreign.objects > 0)
      lines.push(`  not ${plural(foreign.objects, 'other object')} there, nor the bucket`)
  }
  if (
    storageStack !== undefined &&
    bucket?.contents.foreign.objects !== undefined &&
    bucket.contents.foreign.objects === 0
  )
    lines.push(`  the stack ${storageStack}: the bucket`)
  return lines.join('\n')
}

function removedText({ removed }: Destroyed): string {
  const { stacks, objects, bytes } = removed
  const which =
    stacks.length === 0 ? 'no stack' : `the ${plural(stacks.length, 'stack')} ${stacks.join(', ')}`
  return `removed ${which}, ${plural(objects, 'object')}, ${bytesText(bytes)}`
}
