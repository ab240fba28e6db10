/** The command line: its verbs, their options and help. A verb's own code is loaded when it is called. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { engineVersion } from '../engine/engine-version.ts'
import { addAwsVerbs } from './aws-verbs.ts'
import type { VerbHost } from './main.ts'
import {
  parseCount,
  parseDollars,
  parseDuration,
  parseLargeCount,
  parseMemory,
  parseSeed,
} from './parse-quantity.ts'

export type Verb<A extends unknown[]> = (host: VerbHost, ...args: A) => Promise<void>

const EXAMPLES = `
Examples:
  dunlin demo                                   word count of Moby-Dick, on this machine
  dunlin run job.ts --param day=2026-01-31      run a job file
  dunlin explain job.ts                         its stages, and what they would cost
  dunlin bench wordcount --input 'logs/*.txt' --output out/words
  dunlin gensort --records 1M --output data     records to sort, for dunlin bench sort
  dunlin jobs list --json | jq '.[0]'

Exit codes: 0 ok, 1 job failed, 2 usage, 3 configuration or credentials, 130/143 interrupted.`

/** `open` is called with a verb's options before the verb is. */
export function buildProgram(open: (options: Record<string, unknown>) => VerbHost): Command {
  const program = new Command('dunlin')
    .description('A MapReduce dataflow engine on stateless functions.')
    .version(engineVersion, '-V, --version')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('(dunlin --help tells what there is)')

  /** Adds what all verbs take, and what is done when the verb is called. */
  const verb = <A extends unknown[]>(command: Command, load: () => Promise<Verb<A>>): Command =>
    command
      .option('--json', 'data and errors as JSON on stdout')
      .option('-q, --quiet', 'no progress and no remarks on stderr')
      .action(async (...args: unknown[]) => {
        // Commander appends the command itself; before it stand the arguments and the options.
        const given = args.slice(0, -1) as A
        const run = await load()
        const running = run(open(given.at(-1) as Record<string, unknown>), ...given)
        if (command.options.some(option => option.long === '--overwrite')) {
          const { withOverwriteHint } = await import('./overwrite-hint.ts')
          await running.catch((error: unknown) => Promise.reject(withOverwriteHint(error)))
        } else await running
      })

  const engineOption = (command: Command): Command =>
    command.option('--engine <name>', 'local, aws or aws-local (default: as dunlin.config.ts says, or local)')

  const storeOption = (command: Command): Command =>
    engineOption(command).option(
      '--store <dir>',
      'where jobs keep plans, journals and shuffle data (default: .dunlin; on AWS the bucket)',
    )

  const paramOption = (command: Command): Command =>
    command.option(
      '-p, --param <name=value>',
      'a parameter for (params) => Output; may be repeated',
      addParam,
      {},
    )

  const engineOptions = (command: Command): Command =>
    storeOption(command)
      .option('--workers <n>', 'tasks at a time', parseCount)
      .addOption(
        new Option('--isolation <kind>', 'how local workers run').choices(['thread', 'process', 'inline']),
      )

  verb(
    engineOptions(
      program
        .command('demo')
        .description('word count of Moby-Dick, to see how it looks')
        .option('--generated', 'count a generated text, also where the book is installed'),
    ),
    async () => (await import('./verbs/demo.ts')).demo,
  )
  verb(
    engineOptions(
      paramOption(program.command('run'))
        .description('run a job file: a script, or a module that exports an output (see dunlin run --help)')
        .argument('<job.ts>', 'the job file, or an artefact that dunlin build made')
        .argument('[args...]', 'after --: the arguments of a script, as its process.argv')
        .option(
          '--reuse',
          'use what earlier runs with --reuse have computed, and keep what this one computes',
        )
        .option('--max-cost <dollars>', 'end the job before it could cost more than this', parseDollars)
        .addHelpText('after', RUN_HELP),
    ),
    async () => (await import('./verbs/run.ts')).run,
  )
  verb(
    engineOption(
      paramOption(program.command('explain'))
        .description('the plan of a job file with its estimates; nothing runs but the listing of its sources')
        .argument('<job.ts>', 'a module that exports an output')
        .option(
          '--code',
          'also what is shipped to workers: size, packages, captured values, what is refused',
        ),
    ),
    async () => (await import('./verbs/explain.ts')).explain,
  )
  verb(
    paramOption(
      program
        .command('build')
        .description('capture a job ahead into an artefact that dunlin run submits, for bundled drivers')
        .argument('<job.ts>', 'a module that exports an output')
        .option('-o, --output <dir>', 'the artefact (default: the name of the job file, with .dunlin)'),
    ),
    async () => (await import('./verbs/build.ts')).buildJob,
  )
  verb(
    program.command('init').description('write a dunlin.config.ts: which engine, and how'),
    async () => (await import('./verbs/init.ts')).init,
  )

  const bench = program.command('bench').description('run a benchmark pipeline on data of your own')
  verb(
    engineOptions(
      bench
        .command('wordcount')
        .description('count the words (runs of letters, lower-cased) and write CSV: value,count')
        .requiredOption('--input <glob...>', 'text files')
        .requiredOption('--output <dir>', 'directory to write to; absent or empty, but for --overwrite')
        .option('--partitions <n>', 'parts of the output', parseCount)
        .option('--memory <size>', 'memory of a task, e.g. 128MB', parseMemory)
        .option('--user-function', 'with a function per line instead of the built-in words()')
        .option('--overwrite', 'replace what the directory holds'),
    ),
    async () => (await import('./verbs/bench-wordcount.ts')).benchWordCount,
  )
  verb(
    engineOptions(
      bench
        .command('sort')
        .description('sort records of 100 bytes by their first 10, as dunlin gensort makes them')
        .requiredOption('--input <glob...>', 'files of records')
        .requiredOption('--output <dir>', 'directory to write to; absent or empty, but for --overwrite')
        .option('--partitions <n>', 'parts of the output', parseCount)
        .option(
          '--memory <size>',
          'memory of a task, e.g. 64MB; what is larger goes through the disk',
          parseMemory,
        )
        .option('--overwrite', 'replace what the directory holds')
        .addHelpText('after', SORT_HELP),
    ),
    async () => (await import('./verbs/bench-sort.ts')).benchSort,
  )
  verb(
    engineOptions(
      program
        .command('gensort')
        .description('make the records that sort benchmarks sort (sortbenchmark.org): 100 bytes, key first')
        .requiredOption('--records <n>', 'how many, e.g. 10000000, 1e7 or 10M', parseLargeCount)
        .requiredOption(
          '--output <dir>',
          'directory for the parts, or one file, where its name has an extension',
        )
        .option('--ascii', 'printable characters, a line each; without it keys are any bytes')
        .option('--skew', 'the same as --distribution skewed')
        .addOption(
          new Option('--distribution <name>', 'how keys are distributed (see below)').choices(
            Object.keys(DISTRIBUTIONS),
          ),
        )
        .option('--seed <n>', 'other data; 0, the default, is the published one', parseSeed)
        .option('--overwrite', 'replace what is there')
        .addHelpText('after', GENSORT_HELP),
    ),
    async () => (await import('./verbs/gensort.ts')).gensort,
  )
  verb(
    program
      .command('valsort')
      .description('check sorted records: how many, in order or not, duplicate keys, checksum')
      .argument('<path...>', 'a directory of parts, taken in the order of their names, or files')
      .option('--checksum-only', 'do not ask for order: for the input, to compare it with the output'),
    async () => (await import('./verbs/valsort.ts')).valsort,
  )

  const jobs = program.command('jobs').description('what has run, and what it left in the store')
  verb(
    storeOption(jobs.command('list').description('the jobs of the store, the latest first')),
    async () => (await import('./verbs/jobs.ts')).listJobs,
  )
  verb(
    storeOption(
      jobs.command('show').description('a job’s report').argument('<id>', 'as jobs list prints it'),
    ),
    async () => (await import('./verbs/jobs.ts')).showJob,
  )
  verb(
    engineOptions(
      jobs
        .command('resume')
        .description('go on with a job whose driver is gone: only what has not committed runs')
        .argument('<id>', 'as jobs list prints it'),
    ),
    async () => (await import('./verbs/go-on.ts')).resume,
  )
  verb(
    engineOptions(
      jobs
        .command('retry')
        .description('go on with a job that failed or was cancelled: what had committed is not run again')
        .argument('<id>', 'as jobs list prints it')
        .option('--stage <n>', 'run all tasks of this stage again, though they had committed', parseSeed)
        .option(
          '--max-cost <dollars>',
          'instead of what the job was started with; what it has spent so far counts',
          parseDollars,
        ),
    ),
    async () => (await import('./verbs/go-on.ts')).retry,
  )
  verb(
    storeOption(
      jobs
        .command('cancel')
        .description('cancel a job, wherever it is driven; what has committed is kept, for retry')
        .argument('<id>', 'as jobs list prints it'),
    ),
    async () => (await import('./verbs/go-on.ts')).cancel,
  )
  verb(
    storeOption(
      jobs
        .command('clean')
        .description(
          'delete what ended jobs left in the store: plans, journals, shuffle data; never their outputs',
        )
        .argument('[id...]', 'these jobs only; else all that have ended')
        .option('--older-than <age>', 'only jobs that ended longer ago, e.g. 7d', parseDuration)
        .option('--running', 'also jobs without an end, where they are named: their driver must be dead')
        .option('--code', 'also shipped code that no job refers to any more'),
    ),
    async () => (await import('./verbs/jobs.ts')).cleanJobs,
  )
  addAwsVerbs(program, { verb, engineOptions, paramOption })
  return program
}

/** Names of `Distribution` in benchmarks/, which is not loaded for the sake of a list. */
const DISTRIBUTIONS = {
  uniform: 'as random as the published data',
  skewed: 'every second record has one of 20 keys',
  prefixes: 'the skew of the published generator: most keys begin like one of a few dozen',
  equal: 'one key',
  sorted: 'keys grow from record to record',
  reversed: 'keys fall from record to record',
}

const GENSORT_HELP = `
Distributions of the keys:
${Object.entries(DISTRIBUTIONS)
  .map(([name, what]) => `  ${name.padEnd(10)} ${what}`)
  .join('\n')}`

const SORT_HELP = `
Example:
  dunlin gensort --records 10M --output data/input
  dunlin bench sort --input data/input --output data/sorted
  dunlin valsort data/sorted
  dunlin valsort data/input --checksum-only`

const RUN_HELP = `
A job file is a script that calls .run() itself, or a module whose default export is an Output, several of them,
or a function (params) => Output. TypeScript is run as it is, by Node's own type stripping.

Examples:
  dunlin run job.ts
  dunlin run job.ts --param input='logs/*.txt' --param day=2026-01-31 --workers 4
  dunlin run script.ts -- these are its own arguments

Ctrl-C cancels the job and waits for its workers; dunlin jobs retry <id> goes on from what had committed. Ctrl-C twice
ends at once; dunlin jobs resume <id> goes on. Both run the code as it was submitted.`

function addParam(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write it as name=value.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
