/** A scan that reads only a share of its rows. */
import { sampleSplits } from '../split-sample.ts'
import type { ScanDraft } from './draft.ts'

/** The same tasks over evenly spread pieces of what they read; all of it where that is little or cannot be cut. */
export function sampledScan(scan: ScanDraft): ScanDraft {
  const { cut, fraction } = sampleSplits(scan.cut, scan.format)
  return fraction === 1 ? { ...scan } : { ...scan, cut, fraction }
}
