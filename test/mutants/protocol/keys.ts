/** Mutants of nonces and keys: what a delivery writes, it alone writes. */
import type { Mutant } from '../mutant.ts'

const KEYS = 'src/shuffle/keys.ts'

/**
 * Not here: launches without a nonce of their own, and keys without the attempt. The half of the nonce that each delivery
 * draws is enough, as long as workers draw differently.
 */
export const KEY_MUTANTS: readonly Mutant[] = [
  {
    name: 'two deliveries of one launch have one nonce',
    file: 'src/task/run-task.ts',
    find: 'received.nonce.slice(0, NONCE_HALF_DIGITS) + ports.random.hex(NONCE_HALF_DIGITS / 2)',
    replace: '(ports.random.hex(NONCE_HALF_DIGITS / 2), received.nonce)',
    look: { faults: ['duplicate'] },
  },
  {
    name: 'keys of shuffle objects and runs have no nonce',
    file: KEYS,
    find: '`${task}-${attempt}-${nonce}`',
    replace: '`${task}-${attempt}`',
    look: { faults: ['duplicate'] },
  },
  {
    name: 'runs of all attempts of a task have one key',
    file: KEYS,
    find: 'runs/${attemptName(name)}-${n}',
    replace: 'runs/${name.task}-${n}',
    look: { faults: ['duplicate'], workloads: ['spilling sort'] },
  },
  {
    name: 'runs of one attempt have one key',
    file: KEYS,
    find: 'runs/${attemptName(name)}-${n}',
    replace: 'runs/${attemptName(name)}-0',
    look: { check: 'runs of one attempt stand apart' },
  },
  {
    name: 'keys of staged parts have no nonce',
    file: 'src/sink/output-keys.ts',
    find: '${stage}-${task}-${attempt}-${nonce}.',
    replace: '${stage}-${task}-${attempt}.',
    look: { faults: ['duplicate'] },
  },
  {
    name: 'commits of all generations have one key',
    file: KEYS,
    find: '${commitPrefix(job, stage)}${task}.${generation}',
    replace: '${commitPrefix(job, stage)}${task}.0',
    look: { faults: ['dataDamaged'] },
  },
  {
    name: 'manifests of all generations have one key',
    file: KEYS,
    find: 'exchange.${generation}.manifest',
    replace: 'exchange.0.manifest',
    look: { faults: ['dataDamaged', 'manifestDamaged'] },
  },
]
