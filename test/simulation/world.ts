/** World: what the processes of one simulation share: time, chance, faults, the objects, and the log of it all. */
import type { DriverPlace } from '../../src/ports/ports.ts'
import type { ObjectStore, Stores } from '../../src/store/object-store.ts'
import { EventLog } from './event-log.ts'
import { drawRates, FaultPlan, type FaultRates } from './fault-plan.ts'
import { ObjectSpace, type Objects, type SpaceObject } from './object-space.ts'
import { RandomStreams } from './random-streams.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { ENGINE_URI, SimulatedStore } from './simulated-store.ts'
import { SpaceBelow } from './space-below.ts'
import type { RequestSource } from './store-request.ts'
import { VirtualTime } from './virtual-time.ts'

export { ENGINE_URI }

/** What happens to a process at one request: the n-th of all drivers, or of all workers. */
export interface Strike {
  readonly who: 'driver' | 'worker'
  /** From 1. */
  readonly request: number
  /** Before it is sent, or when it has taken effect. */
  readonly moment: 'before' | 'after'
  readonly how: 'killed' | 'paused'
  /** What another driver is started for when this one is gone. Default: to resume the job. */
  readonly followedBy?: 'resume' | 'cancel'
}

export interface WorldOptions {
  readonly seed: number
  /** What is there from the beginning, by root URI. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, SpaceObject>>
  /** Instead of those that the seed draws. */
  readonly rates?: FaultRates
  readonly strike?: Strike
  /** Stands between every process and the store, for planted bugs. */
  readonly wrapStore?: (store: ObjectStore) => ObjectStore
}

export class World {
  readonly seed: number
  readonly random: RandomStreams
  readonly time: VirtualTime
  readonly log: EventLog
  readonly faults: FaultPlan
  readonly spaces = new Map<string, ObjectSpace>()
  /** Sent so far. */
  readonly requests = { driver: 0, worker: 0 }
  readonly #options: WorldOptions
  readonly #processes = new Map<string, number>()
  readonly #pids: SimulatedProcess[] = []
  /** Keys that one LIST request brings. */
  readonly pageKeys: number

  constructor(options: WorldOptions) {
    this.#options = options
    this.seed = options.seed
    this.random = new RandomStreams(options.seed)
    this.time = new VirtualTime(this.random.of('order'))
    this.log = new EventLog(this.time)
    this.faults = new FaultPlan(options.rates ?? drawRates(this.random), this.log)
    this.pageKeys = this.random.of('pages').pick([1, 2, 3, 7, 1000])
  }

  /** A request of a driver or worker is about to be sent; gives its number. */
  countRequest(who: Strike['who']): number {
    this.requests[who]++
    return this.requests[who]
  }

  /** Whether the seed's strike is at this moment. */
  isStruck(who: Strike['who'], request: number, moment: Strike['moment']): boolean {
    const { strike } = this.#options
    return strike?.who === who && strike.request === request && strike.moment === moment
  }

  get strike(): Strike | undefined {
    return this.#options.strike
  }

  space(uri: string): Objects {
    if (uri !== ENGINE_URI && uri.startsWith(ENGINE_URI)) return new SpaceBelow(this.space(ENGINE_URI), uri)
    let space = this.spaces.get(uri)
    if (space === undefined) {
      space = new ObjectSpace(uri, this.#options.objects.get(uri) ?? new Map(), () => this.time.nowMs)
      this.spaces.set(uri, space)
    }
    return space
  }

  /** Where a driver is: on one of a few machines. */
  placeOf(process: SimulatedProcess): DriverPlace {
    this.#pids.push(process)
    const pid = this.#pids.length
    const host = `host-${this.random.of('places').below(2)}`
    return { host, machine: host, pid, isGone: other => this.#pids[other - 1]?.isKilled ?? true }
  }

  /** A process of that kind, numbered. */
  start(kind: string): SimulatedProcess {
    const number = (this.#processes.get(kind) ?? 0) + 1
    this.#processes.set(kind, number)
    const process = new SimulatedProcess(`${kind}-${number}`, this.time)
    process.onKill(() => this.log.add(process.name, 'KILLED'))
    return process
  }

  /** The stores as one process reaches them. */
  stores(source: RequestSource): Stores {
    const opened = new Map<string, ObjectStore>()
    const { wrapStore = store => store } = this.#options
    return {
      open: uri => {
        let store = opened.get(uri)
        if (store === undefined) {
          store = wrapStore(new SimulatedStore(this, source, this.space(uri)))
          opened.set(uri, store)
        }
        return store
      },
    }
  }
}
