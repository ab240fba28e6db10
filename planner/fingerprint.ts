/** The fingerprint: what driver and worker compare before anything runs. */
import { createHash } from 'node:crypto'
import { canonicalText } from './canonical-text.ts'
import type { PhysicalPlan } from './physical.ts'

export function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The fingerprint that a plan must have; a worker computes it anew from what it read. */
export function planFingerprint(plan: Pick<PhysicalPlan, 'version' | 'stages' | 'codeHash'>): string {
  return fingerprintOf(canonicalText(plan))
}
