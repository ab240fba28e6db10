/** A vitest sequencer: what takes longest is started first, so that no processor waits for it at the end. */
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** In the order of their starts; all others come after them, in vitest's own order. */
const LONGEST = [
  'test/mutants/mutants.test.ts',
  'test/kills/kills.test.ts',
  'test/simulation/simulation.test.ts',
  'test/architecture/installed.test.ts',
  'test/contracts/compute-backend.test.ts',
]

const place = ({ moduleId }: TestSpecification): number => {
  const at = LONGEST.indexOf(relative(process.cwd(), moduleId).replaceAll('\\', '/'))
  return at === -1 ? LONGEST.length : at
}

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}
