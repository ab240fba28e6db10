/** engineSettings: which engine runs what is given none, and how: the environment, then the file, then the defaults. */
import { dirname } from 'node:path'
import type { AwsOptions } from '../../lambda/aws/public.ts'
import { DunlinError } from '../../operators/index.ts'
import type { Isolation, LocalOptions } from '../engine/local-engine.ts'
import { pathToRootUri, schemeOf, toRootUri } from '../store/file-uri.ts'
import { type DunlinConfig, ENGINE_NAMES, type EngineName } from './dunlin-config.ts'

export interface EngineSettings {
  readonly engine: EngineName
  readonly local: LocalOptions
  readonly aws: AwsOptions
  readonly lapseMs?: number
}

/** Flags of the command line come as part of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** @throws CONFIGURATION that names the variable and what it may be */
export function engineSettings(
  { config, file }: { readonly config: DunlinConfig; readonly file?: string | undefined },
  env: Environment,
): EngineSettings {
  const { DUNLIN_ENGINE, DUNLIN_ISOLATION, DUNLIN_STORE } = env
  const engine = DUNLIN_ENGINE === undefined ? (config.engine ?? 'local') : engineNamed(DUNLIN_ENGINE)
  const workers = wholeOf(env, 'DUNLIN_WORKERS')
  const lapseMs = wholeOf(env, 'DUNLIN_LAPSE_MS')
  const { local = {}, aws = {} } = file === undefined ? config : besideFile(config, file)
  return {
    engine,
    local: {
      ...local,
      ...(workers === undefined ? {} : { workers }),
      ...(DUNLIN_ISOLATION === undefined ? {} : { isolation: DUNLIN_ISOLATION as Isolation }),
      ...(DUNLIN_STORE === undefined ? {} : { directory: DUNLIN_STORE }),
    },
    aws: {
      ...aws,
      ...(workers === undefined ? {} : { concurrency: workers }),
      ...(DUNLIN_STORE === undefined || engine === 'local'
        ? {}
        : { store: cloudStore(DUNLIN_STORE, engine) }),
    },
    ...(lapseMs === undefined ? {} : { lapseMs }),
  }
}

/** @throws CONFIGURATION where there is no such engine */
export function engineNamed(name: string): EngineName {
  const known = ENGINE_NAMES.find(one => one === name)
  if (known !== undefined) return known
  throw new DunlinError('CONFIGURATION', `there is no engine named ${name}`, {
    hint: `The engines are: ${ENGINE_NAMES.join(', ')}`,
  })
}

function wholeOf(env: Environment, name: string): number | undefined {
  const text = env[name]
  if (text === undefined) return undefined
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new DunlinError('CONFIGURATION', `${name} is ${text}, not a whole number from 1 on`)
}

function cloudStore(store: string, engine: EngineName): string {
  if (schemeOf(store) === 's3') return store
  throw new DunlinError('CONFIGURATION', `the engine ${engine} cannot keep its jobs in ${store}`, {
    hint: 'Give --store (or DUNLIN_STORE) an address as s3://bucket/prefix, or leave it out.',
  })
}

/** Paths in a file are relative to its own directory. */
function besideFile(
  { local = {}, aws = {} }: DunlinConfig,
  file: string,
): Pick<DunlinConfig, 'local' | 'aws'> {
  const here = pathToRootUri(dirname(file))
  const { directory, base } = local
  return {
    local: {
      ...local,
      ...(directory === undefined ? {} : { directory: toRootUri(directory, here) }),
      ...(base === undefined ? {} : { base: toRootUri(base, here) }),
    },
    aws: { ...aws, ...(aws.base === undefined ? {} : { base: toRootUri(aws.base, here) }) },
  }
}
