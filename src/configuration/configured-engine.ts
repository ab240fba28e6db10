/** engineFor: the engine of a run: the one it is given, or the configured one. The one file here that reaches right. */
import { DunlinError } from '../../operators/index.ts'
import type { Engine } from '../engine/engine.ts'
import { local } from '../engine/local-engine.ts'
import { type EngineSettings, engineSettings } from './engine-settings.ts'
import { readConfig } from './read-config.ts'

/**
 * Opened, so far as is needed. All runs of a process that are given no engine share one.
 *
 * @throws CONFIGURATION for what is wrong with the configuration; and what `Engine.open` says
 */
export async function engineFor(
  options: { readonly engine?: Engine },
  what: 'store' | 'all' = 'all',
): Promise<Engine> {
  const engine = options.engine ?? (await configuredEngine())
  await engine.open?.(what)
  return engine
}

let configured: Promise<Engine> | undefined

function configuredEngine(): Promise<Engine> {
  configured ??= configureEngine().catch((error: unknown) => {
    configured = undefined
    throw error
  })
  return configured
}

/** One of its own, to be opened and closed by whoever asks. */
export async function configureEngine(): Promise<Engine> {
  const read = await readConfig()
  try {
    const settings = engineSettings(read, process.env)
    const engine = await engineOf(settings)
    return settings.lapseMs === undefined ? engine : Object.assign(engine, { lapseMs: settings.lapseMs })
  } catch (error) {
    throw read.file === undefined ? error : withFile(error, read.file)
  }
}

async function engineOf({ engine, ...settings }: EngineSettings): Promise<Engine> {
  switch (engine) {
    case 'local':
      return local(settings.local)
    case 'aws': {
      const { aws } = await import('../../lambda/aws/public.ts')
      return aws(settings.aws)
    }
    case 'aws-local': {
      const { awsLocal } = await import('../../lambda/aws-local/index.ts')
      return awsLocal(settings.aws)
    }
  }
}

/** Which file an engine's complaint about its options may be about. */
function withFile(error: unknown, file: string): unknown {
  if (!(error instanceof DunlinError)) return error
  const { code, message, cause, hint = `Look into ${file}, and at the environment (DUNLIN_…).` } = error
  return new DunlinError(code, message, { cause, hint })
}
