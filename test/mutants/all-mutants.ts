/** All mutants, by the part of the protocol that they break. */
import type { Mutant } from './mutant.ts'
import { COMMIT_MUTANTS } from './protocol/commit.ts'
import { CONSERVATION_MUTANTS } from './protocol/conservation.ts'
import { DRIVING_MUTANTS } from './protocol/driving.ts'
import { ENDING_MUTANTS } from './protocol/ending.ts'
import { EXCHANGE_MUTANTS } from './protocol/exchange.ts'
import { GENERATION_MUTANTS } from './protocol/generations.ts'
import { KEY_MUTANTS } from './protocol/keys.ts'
import { PUBLISHING_MUTANTS } from './protocol/publishing.ts'
import { SCHEDULING_MUTANTS } from './protocol/scheduling.ts'

export const MUTANTS: readonly Mutant[] = [
  ...COMMIT_MUTANTS,
  ...KEY_MUTANTS,
  ...GENERATION_MUTANTS,
  ...EXCHANGE_MUTANTS,
  ...CONSERVATION_MUTANTS,
  ...DRIVING_MUTANTS,
  ...ENDING_MUTANTS,
  ...PUBLISHING_MUTANTS,
  ...SCHEDULING_MUTANTS,
]
