/** `dunlin valsort`: checks sorted records. */
import { EXIT } from '../exit-code.ts'
import type { VerbHost } from '../main.ts'

export interface ValsortOptions {
  readonly checksumOnly?: true
}

export async function valsort(
  { output, interrupt, json, endWith }: VerbHost,
  paths: readonly string[],
  { checksumOnly }: ValsortOptions,
): Promise<void> {
  const { checkFiles } = await import('../../../benchmarks/sort/check-files.ts')
  const { records, checksum, ...order } = await checkFiles(paths, interrupt.signal)
  const ordered = checksumOnly === true || order.unordered === 0
  if (!ordered) endWith(EXIT.jobFailed)
  if (json) {
    output.json(checksumOnly === true ? { records, checksum } : { records, checksum, ...order })
    return
  }
  output.data(`Records: ${records}\nChecksum: ${checksum}`)
  if (checksumOnly === true) return
  const { duplicateKeys, unordered, firstUnordered } = order
  if (firstUnordered === null) {
    output.data(`Duplicate keys: ${duplicateKeys}\nSUCCESS - all records are in order`)
    return
  }
  const { part, record, overall } = firstUnordered
  output.data(`First unordered record is record ${overall}: record ${record} of ${part}`)
  output.data(`ERROR - there are ${unordered} unordered records`)
}
