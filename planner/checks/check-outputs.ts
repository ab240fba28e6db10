/** Checks the outputs against each other, against what the job reads, and against what they can hold. */
import type { Facts, Listing } from '../facts.ts'
import type { LogicalOutput, LogicalPlan, ScanNode } from '../logical.ts'
import type { PlanOptions } from '../options.ts'
import { scansOf } from '../walk.ts'
import { fixedPart, isAbsolute, isInside, type Place, placeOf } from './directory-uri.ts'
import type { KnownRecords } from './known-records.ts'
import { refuse } from './refuse.ts'

/** A directory that the job writes. */
type Write = Pick<Extract<LogicalOutput, { kind: 'write' }>, 'uri' | 'at'>

/** @throws DunlinError `INVALID_PLAN` */
export function checkOutputs(plan: LogicalPlan, facts: Facts, { onError }: PlanOptions): void {
  if (plan.outputs.length === 0) {
    refuse('the job has no outputs', {
      hint: 'Give run() at least one output, as dataset.write.csv(…) makes.',
    })
  }
  const writes: Write[] = plan.outputs.filter(output => output.kind === 'write')
  if (onError?.deadLetters !== undefined) writes.push({ uri: onError.deadLetters.uri })
  checkApart(writes)
  const scans = scansOf(plan)
  for (const write of writes) {
    for (const scan of scans) checkNotRead(write, scan, facts.listings.get(scan))
  }
}

function checkApart(writes: readonly Write[]): void {
  const places = writes.map(write => ({ write, place: placeOf(write.uri) }))
  for (const [i, a] of places.entries()) {
    for (const b of places.slice(i + 1)) {
      const { at } = b.write
      if (isInside(a.place, b.place) && isInside(b.place, a.place)) {
        refuse(`two outputs of the job write to ${b.write.uri}`, {
          at,
          hint: 'Give each output a directory of its own.',
        })
      }
      if (!isInside(a.place, b.place) && !isInside(b.place, a.place)) continue
      const [inner, outer] = isInside(a.place, b.place) ? [a, b] : [b, a]
      refuse(`the output ${inner.write.uri} lies inside the output ${outer.write.uri}`, {
        at,
        hint: 'Give each output a directory of its own, next to the other.',
      })
    }
  }
}

function checkNotRead(write: Write, scan: ScanNode, listing: Listing | undefined): void {
  if (scan.source.kind !== 'files') return
  const place = placeOf(write.uri)
  const read =
    scan.source.uris.find(uri => isInside(fixedPart(uri), place)) ??
    (listing === undefined ? undefined : objectInside(listing, place))
  if (read === undefined) return
  refuse(`the output ${write.uri} is also read by the job: ${read}`, {
    at: write.at,
    hint: 'Write to another directory, and move it when the job has ended.',
  })
}

/** An object of the listing that lies in the directory; roots are absolute, so only absolute directories are found. */
function objectInside(listing: Listing, directory: Place): string | undefined {
  if (!isAbsolute(directory)) return undefined
  const prefixes = new Map<string, string | null>()
  for (const { root, key } of listing.objects) {
    let prefix = prefixes.get(root)
    if (prefix === undefined) {
      prefix = prefixBelow(placeOf(root), directory)
      prefixes.set(root, prefix)
    }
    if (prefix !== null && key.startsWith(prefix)) return root + key
  }
  return undefined
}

/** What keys below `root` start with if they are in `directory`; null where none can be. */
function prefixBelow(root: Place, directory: Place): string | null {
  if (isInside(root, directory)) return ''
  if (!isInside(directory, root)) return null
  return `${directory.slice(root.length).join('/')}/`
}

/** @throws DunlinError `INVALID_PLAN` for records that have no line of text, or no bytes, of their own. */
export function checkSink(output: LogicalOutput, known: KnownRecords | null): void {
  if (output.kind !== 'write' || known === null || known.shape === 'scalar') return
  const what = known.shape === 'pair' ? 'pairs' : `records with the columns ${known.columns.join(', ')}`
  if (output.format === 'text') {
    refuse(`write.text(${JSON.stringify(output.uri)}) takes a scalar a line, but is given ${what}`, {
      at: output.at,
      hint: 'Use write.csv or write.jsonl, or map each record to a string.',
    })
  }
  if (output.format === 'records' && !known.columns.includes('value')) {
    refuse(`write.records(${JSON.stringify(output.uri)}) takes bytes, but is given ${what}`, {
      at: output.at,
      hint: 'Map each record to a Uint8Array, or name the column of its bytes `value`.',
    })
  }
}
