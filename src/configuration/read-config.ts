/** readConfig: the configuration file of the current directory, checked. */
import { checkConfig } from './check-config.ts'
import type { DunlinConfig } from './dunlin-config.ts'
import { findConfig } from './find-config.ts'
import { importConfig } from './import-config.ts'

export interface ReadConfig {
  readonly config: DunlinConfig
  /** Undefined where there is none. */
  readonly file: string | undefined
}

/** @throws CONFIGURATION as `importConfig` and `checkConfig` */
export async function readConfig(directory = process.cwd()): Promise<ReadConfig> {
  const file = findConfig(directory)
  if (file === undefined) return { config: {}, file }
  return { config: checkConfig(file, await importConfig(file)), file }
}
