/** Where dunlin's own code is, whose frames tell the author of a job file nothing. */
import { fileURLToPath } from 'node:url'

const OWN_NAMES = [
  'benchmarks/',
  'operators/',
  'planner/',
  'src/',
  'worker-entry.js',
  'node_modules/commander/',
]

/** How the file of a frame of dunlin's own begins, built or not: modules have URLs, CommonJS and workers have paths. */
export const OWN_CODE: readonly string[] = OWN_NAMES.map(
  name => new URL(`../../${name}`, import.meta.url),
).flatMap(url => [url.href, fileURLToPath(url)])
