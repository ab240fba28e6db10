/** A directory with inputs, a store, what the jobs give when nothing disturbs them, and drivers that wait. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanJobs } from '../../src/engine/clean-jobs.ts'
import { createStores } from '../../src/store/open-stores.ts'
import { DriverProcess, processesNaming } from './driver-process.ts'
import { JOB_NAMES, type JobName, writeInputs } from './kill-jobs.ts'

/** Short, so that a take-over need not be waited for; long enough for a driver that has half a processor. */
const LAPSE_MS = 1_200
const SETTLE_MS = 5_000
const POLL_MS = 50

/** Names and contents of an output's files; of `_SUCCESS` without the job that made it. */
export type OutputFiles = Readonly<Record<string, string>>

export interface Undisturbed {
  readonly files: OutputFiles
  /** Events of the job. */
  readonly events: number
}

/** One job at a time. */
export class KillSite {
  readonly directory: string
  readonly #undisturbed = new Map<JobName, Undisturbed>()
  readonly #idle: DriverProcess[] = []
  /** Jobs that have been cleaned away: an attempt that lost may still have written a little later. */
  readonly #cleaned = new Set<string>()

  private constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<KillSite> {
    const site = new KillSite(await mkdtemp(join(tmpdir(), 'dunlin-kills-')))
    await writeInputs(join(site.directory, 'inputs'))
    for (const name of JOB_NAMES) await site.#runUndisturbed(name)
    return site
  }

  async #runUndisturbed(name: JobName): Promise<void> {
    const driver = await this.driver()
    const output = `undisturbed-${name}`
    const end = await driver.tell({ verb: 'run', name, output })
    if (end?.state !== 'succeeded') throw new Error(`${name} fails by itself: ${end?.message}`)
    this.#undisturbed.set(name, { files: await this.outputFiles(output), events: driver.heard })
    this.giveBack(driver)
    await this.clean()
  }

  undisturbed(name: JobName): Undisturbed {
    return this.#undisturbed.get(name)!
  }

  /** One that waits, ready; another is started in its place for the next time. */
  async driver(): Promise<DriverProcess> {
    const settings = { directory: this.directory, lapseMs: LAPSE_MS }
    const driver = this.#idle.shift() ?? new DriverProcess(settings)
    if (this.#idle.length === 0) this.#idle.push(new DriverProcess(settings))
    await driver.ready
    return driver
  }

  /** For one that has ended its job, and may have another. */
  giveBack(driver: DriverProcess): void {
    this.#idle.unshift(driver)
  }

  /** Below the store or an output, every file there is: also those that no store would list. */
  async files(folder: string): Promise<string[]> {
    const entries = await readdir(join(this.directory, folder), {
      recursive: true,
      withFileTypes: true,
    }).catch(() => [])
    const start = join(this.directory, folder).length + 1
    return entries
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(start))
      .sort()
  }

  async outputFiles(output: string): Promise<OutputFiles> {
    const files: Record<string, string> = {}
    for (const name of await this.files(output)) {
      const content = await readFile(join(this.directory, output, name), 'latin1')
      files[name] = name === '_SUCCESS' ? content.replace(/"job": *"[^"]*"/, '"job":""') : content
    }
    return files
  }

  /** The folder of the one job that the store has, but for what came late of others. */
  async jobId(): Promise<string | undefined> {
    const all = await readdir(join(this.directory, 'store/jobs')).catch(() => [])
    const ids = all.filter(id => !this.#cleaned.has(id))
    if (ids.length > 1) throw new Error(`one job at a time: ${ids.join(', ')}`)
    return ids[0]
  }

  /** As `dunlin jobs clean` does for a job that is named. Gives what it leaves in the store that is not kept on purpose. */
  async clean(job?: string): Promise<string[]> {
    const storeUri = new URL(`file://${this.directory}/store/`).href
    const stores = createStores({ ownRoots: [storeUri] })
    const named = job === undefined ? {} : ({ ids: [job], running: 'remove' } as const)
    await cleanJobs(stores.open(storeUri), { now: Date.now(), stores, ...named })
    if (job !== undefined) this.#cleaned.add(job)
    const kept = /^(\.gitignore|(code|modules)\/[0-9a-f]{64}\.(mjs|map|bin))$/
    return (await this.files('store')).filter(file => !kept.test(file) && !this.#isLate(file))
  }

  /** Of the job cleaned last it would be too much: there all attempts have had their time. */
  #isLate(file: string): boolean {
    const [, job = ''] = file.split('/')
    return this.#cleaned.has(job) && [...this.#cleaned].at(-1) !== job
  }

  removeOutput(output: string): Promise<void> {
    return rm(join(this.directory, output), { recursive: true, force: true })
  }

  /** Workers of drivers that are gone, which should have ended with them. */
  async orphans(): Promise<string[]> {
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const known = new Set<number>()
      for (const { pid } of this.#idle) known.add(pid)
      for (const driver of this.#idle) for (const pid of await driver.workers()) known.add(pid)
      const orphans = (await processesNaming(this.directory)).filter(
        line => !known.has(Number.parseInt(line, 10)),
      )
      if (orphans.length === 0 || waitedMs >= SETTLE_MS) return orphans
      await sleep(POLL_MS)
    }
  }

  async close(): Promise<void> {
    for (const driver of this.#idle) driver.signal('SIGKILL')
    await Promise.all(this.#idle.map(driver => driver.gone))
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
