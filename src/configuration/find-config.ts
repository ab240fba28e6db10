/** findConfig: the configuration file that counts in a directory. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** In the order in which they are looked for. */
export const CONFIG_NAMES = ['dunlin.config.ts', 'dunlin.config.mjs', 'dunlin.config.js'] as const
/** What says that a directory is the root of a project, above which nothing is looked for. */
const ROOT_MARKS = ['package.json', '.git']

/** The file in `directory`, or else in the next one above that has one, up to the root of the project. */
export function findConfig(directory: string): string | undefined {
  for (;;) {
    const name = CONFIG_NAMES.find(one => existsSync(join(directory, one)))
    if (name !== undefined) return join(directory, name)
    const above = dirname(directory)
    if (above === directory || ROOT_MARKS.some(mark => existsSync(join(directory, mark)))) return undefined
    directory = above
  }
}
