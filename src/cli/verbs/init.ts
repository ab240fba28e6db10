/** `dunlin init`: writes a configuration into the current directory. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DunlinError } from '../../../operators/index.ts'
import { CONFIG_TEMPLATE } from '../../configuration/config-template.ts'
import { CONFIG_NAMES } from '../../configuration/find-config.ts'
import type { VerbHost } from '../main.ts'

/** @throws CONFIGURATION where there is one already */
export async function init({ output, json }: VerbHost): Promise<void> {
  const here = process.cwd()
  const present = CONFIG_NAMES.map(name => join(here, name)).find(path => existsSync(path))
  if (present !== undefined) {
    throw new DunlinError('CONFIGURATION', `${present} is there already, and nothing was written`, {
      hint: 'Change it, or remove it first.',
    })
  }
  const file = join(here, CONFIG_NAMES[0])
  // Nothing that somebody else has written meanwhile is replaced.
  writeFileSync(file, CONFIG_TEMPLATE, { flag: 'wx' })
  if (json) output.json({ file })
  output.say(`wrote ${file}: it says what there is to set, and sets the defaults`)
}
