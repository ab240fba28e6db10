/** Runs a command and measures it from outside: wall time, CPU time and memory of it and all it starts. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Measurement {
  readonly wallMs: number
  /** User and system time of the command and every process below it. */
  readonly cpuSeconds: number
  /** Largest resident memory of the whole tree seen at once; null where there is no /proc. */
  readonly peakBytes: number | null
}

const SAMPLE_MS = 20

/** Rejects where the command fails. Its output goes to stderr. */
export async function measure(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<Measurement> {
  const started = performance.now()
  // Only a shell's `time` sees the CPU time of a whole tree of processes: it waits for all of them.
  const script = 'TIMEFORMAT="%U %S"; { time "$@" >&2 2>&4; } 2>&3'
  const child = spawn('bash', ['-c', script, 'bash', ...command], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 2],
    env: { ...process.env, ...env },
  })
  let times = ''
  child.stdio[3]!.on('data', (text: Buffer) => {
    times += text.toString()
  })
  let peakBytes: number | null = null
  const sampling = setInterval(() => {
    const bytes = treeBytes(child.pid!)
    if (bytes !== null) peakBytes = Math.max(peakBytes ?? 0, bytes)
  }, SAMPLE_MS)
  const status = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  }).finally(() => clearInterval(sampling))
  const wallMs = performance.now() - started
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`)
  const [user, system] = times.trim().split(' ').map(Number)
  return { wallMs, cpuSeconds: user! + system!, peakBytes }
}

/** Resident memory of a process and all below it; of a single one, its own high-water mark. */
function treeBytes(root: number): number | null {
  let sum = 0
  let highest = 0
  const rest = [root]
  for (let pid = rest.pop(); pid !== undefined; pid = rest.pop()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      sum += kilobytes(status, 'VmRSS')
      highest = Math.max(highest, kilobytes(status, 'VmHWM'))
      rest.push(
        ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
      )
    } catch {
      // It has ended between two looks.
    }
  }
  return sum === 0 ? null : Math.max(sum, highest) * 1024
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
}
