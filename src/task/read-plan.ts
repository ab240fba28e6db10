/** The plan on a worker: read from the store once, checked against the fingerprint that the event carries. */
import { DunlinError } from '../../operators/index.ts'
import { type PhysicalPlan, planFingerprint, type Stage, type StageId } from '../../planner/index.ts'
import { type JobPlan, jobKeys } from '../job/job-records.ts'
import { decodeRecord } from '../job/record.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** Plans kept per worker and store: a worker serves few jobs at a time. */
const PLANS_KEPT = 8
/** By store, so that what one simulated worker has read is not known to the next. */
const plansOf = new WeakMap<ObjectStore, Map<string, Promise<PhysicalPlan>>>()

async function load(store: ObjectStore, job: string, fingerprint: string): Promise<PhysicalPlan> {
  const key = jobKeys.plan(job)
  const bytes = await store.get(key)
  let plan: PhysicalPlan
  let found: string
  try {
    plan = decodeRecord<JobPlan>(bytes, store.uri + key).plan
    found = planFingerprint(plan)
  } catch (cause) {
    throw new DunlinError('CORRUPT', `${store.uri}${key} is not a plan`, {
      cause,
      hint: 'Something outside of the job changed its store. Run the job again.',
      // A bit may have turned on the way.
      retryable: true,
    })
  }
  if (found !== fingerprint) {
    throw new DunlinError(
      'FINGERPRINT',
      `${store.uri}${key} is not the plan that the driver submitted: its fingerprint is ${found}, expected ${fingerprint}`,
      {
        hint: 'Driver and worker must run the same version of dunlin, and nobody may change the plan of a running job.',
        retryable: true,
      },
    )
  }
  return plan
}

/** @param keptBy the store that a worker keeps from task to task, where `store` is a task's own */
export async function readPlan(
  store: ObjectStore,
  job: string,
  fingerprint: string,
  keptBy: ObjectStore = store,
): Promise<PhysicalPlan> {
  let plans = plansOf.get(keptBy)
  if (plans === undefined) plansOf.set(keptBy, (plans = new Map()))
  const name = `${job} ${fingerprint}`
  let plan = plans.get(name)
  if (plan === undefined) {
    plan = load(store, job, fingerprint)
    plans.set(name, plan)
    // A failed read is tried again by the next attempt.
    const kept = plans
    plan.catch(() => kept.delete(name))
    if (plans.size > PLANS_KEPT) plans.delete(plans.keys().next().value!)
  }
  return plan
}

export function stageOf(plan: PhysicalPlan, id: StageId): Stage {
  const stage = plan.stages.find(one => one.id === id)
  if (stage === undefined) throw new DunlinError('INTERNAL', `the plan has no stage ${id}`)
  return stage
}
