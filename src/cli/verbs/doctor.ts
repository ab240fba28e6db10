/** `dunlin doctor`: whether an AWS account has what jobs need, and what to do where it has not. */
import { writeFile } from 'node:fs/promises'
import type { Check } from '../../../lambda/aws/deploy/index.ts'
import { engineFor } from '../../configuration/configured-engine.ts'
import { engineVersion } from '../../engine/engine-version.ts'
import { createStores } from '../../store/open-stores.ts'
import { checksText, checkText } from '../checks-text.ts'
import { chooseEngine, type EngineChoice } from '../engine-choice.ts'
import { EXIT } from '../exit-code.ts'
import { loadExported } from '../job-file.ts'
import { examineJob } from '../job-places.ts'
import type { VerbHost } from '../main.ts'
import { durationText } from '../quantity-text.ts'
import { type DeploymentChoice, type DeploymentFlags, readDeployment } from '../read-deployment.ts'
import type { Smoke } from '../smoke-job.ts'

export interface DoctorVerbOptions extends DeploymentFlags, EngineChoice {
  readonly param: Readonly<Record<string, string>>
  readonly smoke?: true
  readonly evidence: string
}

export async function doctor(
  host: VerbHost,
  file: string | undefined,
  options: DoctorVerbOptions,
): Promise<void> {
  const { output } = host
  const choice = await readDeployment(options)
  const checks: Check[] = []
  const tell = (check: Check): void => {
    checks.push(check)
    if (!host.json) output.data(checkText(check, output.outPalette))
  }
  // Importing a job file may run it again with another flag of Node: before anything is told.
  const job = file === undefined ? undefined : await loadExported(file, options.param, NOT_A_SCRIPT)
  await look(choice, job?.outputs, tell)
  const smoked = options.smoke === true ? await smokeOf(host, options, tell) : undefined
  if (checks.some(({ state }) => state === 'notOk')) host.endWith(EXIT.configuration)
  if (host.json) output.json({ checks, ...(smoked === undefined ? {} : { smoke: smoked }) })
  else output.say(checksText(checks))
}

const NOT_A_SCRIPT = { verb: 'look at what it reads and writes', hint: 'Export the output as default.' }

async function look(
  { settings, place, base }: DeploymentChoice,
  outputs: Awaited<ReturnType<typeof loadExported>>['outputs'] | undefined,
  tell: (check: Check) => void,
): Promise<void> {
  const aws = await import('../../../lambda/aws/deploy/index.ts')
  const deployment = aws.planDeployment(settings, { version: engineVersion })
  const clients = aws.openAws(place)
  try {
    const { caller } = await aws.examine(deployment, clients, tell)
    if (outputs === undefined) return
    if (caller === undefined) return tell(aws.notChecked('the job', 'needs credentials'))
    const bucket = aws.bucketName(deployment, caller)
    const stores = createStores({ s3: { ...place, region: caller.region } })
    const examined = await examineJob(outputs, { stores, baseUri: base ?? `s3://${bucket}/` })
    for (const check of examined.checks) tell(check)
    for (const check of await aws.checkWorker(clients, deployment.name, examined.places, caller)) tell(check)
  } finally {
    clients.close()
  }
}

/** On the engine that is chosen, whichever that is. */
async function smokeOf(
  { output, interrupt }: VerbHost,
  options: DoctorVerbOptions,
  tell: (check: Check) => void,
): Promise<Smoke> {
  chooseEngine(options)
  const engine = await engineFor({})
  const { smoke } = await import('../smoke-job.ts')
  const smoked = await smoke(engine, interrupt.signal)
  await writeFile(options.evidence, `${JSON.stringify(smoked, null, 2)}\n`)
  for (const { what, report } of smoked.jobs) {
    const text = `${report.tasks} tasks, ${durationText(report.wallMs)}`
    tell({ subject: `${what} on the engine ${smoked.engine}`, state: 'ok', text })
  }
  output.say(`wrote ${options.evidence}`)
  return smoked
}
