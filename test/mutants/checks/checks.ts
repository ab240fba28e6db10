/** All checks by their names. */
import { EXCHANGE_CHECKS } from './exchange.ts'
import { JOB_CHECKS } from './jobs.ts'
import { PART_CHECKS } from './parts.ts'
import { PUBLISHING_CHECKS } from './publishing.ts'

export const CHECKS = { ...EXCHANGE_CHECKS, ...JOB_CHECKS, ...PART_CHECKS, ...PUBLISHING_CHECKS }

export type CheckName = keyof typeof CHECKS
