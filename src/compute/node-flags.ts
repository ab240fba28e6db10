/** Which of this process's Node flags its workers are started with. */

/** Flags that change how modules are found and read. Inspectors, test runners, preloads and `-e` stay here. */
const INHERITED = new Set([
  '--conditions',
  '-C',
  '--disable-warning',
  '--enable-source-maps',
  '--experimental-strip-types',
  '--experimental-transform-types',
  '--no-warnings',
])
const WITH_VALUE = new Set(['--conditions', '-C', '--disable-warning'])

/** The flags for a worker whose entry is `entry`; every flag is one that threads take too. */
export function workerFlags(entry: URL, execArgv: readonly string[] = process.execArgv): string[] {
  const flags: string[] = []
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i]!
    const name = flag.split('=', 1)[0]!
    const value = WITH_VALUE.has(name) && !flag.includes('=') ? execArgv[++i] : undefined
    if (INHERITED.has(name))
      flags.push((value === undefined ? flag : `${name}=${value}`).replace(/^-C=/, '--conditions='))
  }
  // Sources run under the condition that leads to sources, wherever this process had it from.
  const development = '--conditions=development'
  if (entry.pathname.endsWith('.ts') && !flags.includes(development)) flags.push(development)
  return flags
}

/** The environment of a worker process: without an inspector, whose port this process may be using. */
export function workerEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options, ...rest } = process.env
  if (options === undefined) return rest
  const kept = options.split(' ').filter(option => !option.startsWith('--inspect'))
  return { ...rest, NODE_OPTIONS: kept.join(' ') }
}
