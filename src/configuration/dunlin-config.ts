/** DunlinConfig: what `dunlin.config.ts` says. */
import type { AwsOptions } from '../../lambda/aws/public.ts'
import type { LocalOptions } from '../engine/local-engine.ts'

/** The engines that can be configured. */
export const ENGINE_NAMES = ['local', 'aws', 'aws-local'] as const

/**
 * `local`: workers of this machine. `aws`: AWS Lambda over S3. `aws-local`: the same over a Lambda service that is started
 * on this machine, which needs no account.
 */
export type EngineName = (typeof ENGINE_NAMES)[number]

/** What the default export of `dunlin.config.ts` (or `.mjs`, `.js`) is. */
export interface DunlinConfig {
  /** Where pipelines run that are given no engine. Default `local`. */
  readonly engine?: EngineName
  /** Of the engine `local`: what `local()` takes. */
  readonly local?: LocalOptions
  /** Of the engines `aws` and `aws-local`, and of what is deployed: what `aws()` of `dunlin/aws` takes. */
  readonly aws?: AwsOptions
}

/**
 * Gives its argument, with types: for the default export of `dunlin.config.ts` in the directory of a project. Paths in it
 * are relative to its own directory. The environment (`DUNLIN_ENGINE`, `DUNLIN_WORKERS`, `DUNLIN_ISOLATION`,
 * `DUNLIN_STORE`), flags and the option `engine` come before what it says.
 *
 * @throws DunlinError nothing by itself: a run refuses keys and values that do not exist, as `CONFIGURATION`
 *
 * @example
 * const config = defineConfig({ engine: 'aws-local', aws: { region: 'eu-central-1', concurrency: 4 } })
 * config.engine // 'aws-local'
 */
export function defineConfig(config: DunlinConfig): DunlinConfig {
  return config
}
