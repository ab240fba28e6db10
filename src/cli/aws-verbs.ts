/** The verbs of AWS on the command line: deploy, destroy, doctor. */
import { type Command, Option } from 'commander'
import { parseCount, parseDuration, parseMegabytes } from './parse-quantity.ts'
import type { Verb } from './program.ts'

/** What all verbs have, as the command line adds it. */
export interface VerbParts {
  readonly verb: <A extends unknown[]>(command: Command, load: () => Promise<Verb<A>>) => Command
  readonly engineOptions: (command: Command) => Command
  readonly paramOption: (command: Command) => Command
}

export function addAwsVerbs(program: Command, { verb, engineOptions, paramOption }: VerbParts): void {
  const deploymentOptions = (command: Command): Command =>
    command
      .option('--region <name>', 'AWS region (default: AWS_REGION, or that of the profile)')
      .option('--name <name>', 'begins the names of all that is deployed (default: dunlin)')
      .option('--bucket <name>', 'bucket of jobs and their data (default: <name>-<account>-<region>)')
      .option('--endpoint <url>', 'of servers that are not Amazon’s')
  const functionOptions = (command: Command): Command =>
    deploymentOptions(command)
      .option(
        '--memory <mb...>',
        'sizes of memory, a function for each (default: 1769 3538 7076)',
        parseMegabytes,
      )
      .option('--timeout <time>', 'the longest that a task may take (default: 15min)', parseDuration)
      .addOption(
        new Option('--architecture <name>', 'processors (default: arm64)').choices(['arm64', 'x86_64']),
      )

  verb(
    functionOptions(program.command('deploy'))
      .description('bring an AWS account to what jobs need: bucket, functions, rights; again, to change them')
      .option('--read <uri...>', 'what jobs may read beside the bucket: s3://bucket/prefix')
      .option('--write <uri...>', 'where jobs may write beside the bucket: s3://bucket/prefix')
      .option('--kms <arn...>', 'keys of KMS that encrypt what is read or written')
      .option(
        '--keep-days <n>',
        'days after which the bucket deletes what jobs left (default: 30)',
        parseCount,
      )
      .addOption(
        new Option('--print [stack]', 'write the template to stdout; nothing is sent')
          .choices(['functions', 'storage'])
          .preset('functions'),
      )
      .option('--package <file>', 'write the package of the functions to a file; nothing is sent')
      .addHelpText('after', DEPLOY_HELP),
    async () => (await import('./verbs/deploy.ts')).deployVerb,
  )
  verb(
    deploymentOptions(program.command('destroy'))
      .description('remove what deploy and jobs have made in an AWS account, and nothing else')
      .option('-y, --yes', 'without asking'),
    async () => (await import('./verbs/destroy.ts')).destroyVerb,
  )
  verb(
    engineOptions(functionOptions(paramOption(program.command('doctor'))))
      .description('whether an AWS account has what jobs need, and what to do where it has not')
      .argument('[job.ts]', 'a job file, whose sources and outputs are looked at too')
      .option('--smoke', 'run two small jobs on the engine, and write down what happened')
      .option('--evidence <file>', 'where that is written', 'dunlin-smoke.json'),
    async () => (await import('./verbs/doctor.ts')).doctor,
  )
}

const DEPLOY_HELP = `
Grants that are not given stay as they were deployed; given ones replace all of them.

Examples:
  dunlin deploy --region eu-central-1 --read s3://shop/orders/ --write s3://shop/reports/
  dunlin deploy --print > functions.json        for who may not deploy
  dunlin deploy --print storage > storage.json`
