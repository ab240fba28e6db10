/** Looks at sorted records of 100 bytes, as lines of a file or of the parts of a directory, without dunlin. */
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

export interface SortedLines {
  readonly records: number
  /** Sum of the CRC32 of all records, as `valsort` has it: the order does not matter. */
  readonly checksum: string
  /** Where the order is first violated; null where it is not. */
  readonly disorder: string | null
}

const KEY_BYTES = 10
/** Without its line end, which is CR LF or LF: some tools drop the carriage return. */
const LINE_BYTES = 98
const LF = 10
const CR = 13
const CR_LF = Buffer.from('\r\n')

/** @throws where a line is not of 98 bytes */
export async function checkSortedLines(
  path: string,
  { ordered }: { readonly ordered: boolean },
): Promise<SortedLines> {
  let records = 0
  let checksum = 0n
  let sum = 0
  let disorder: string | null = null
  let last: Buffer = Buffer.alloc(0)
  for (const file of filesOf(path)) {
    let rest: Buffer = Buffer.alloc(0)
    for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) {
      const bytes = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer])
      let at = 0
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
        const line = bytes.subarray(at, end)
        at = end + 1
        const record = line.at(-1) === CR ? line.subarray(0, -1) : line
        if (record.length !== LINE_BYTES)
          throw new Error(`${file}: line ${records + 1} has ${line.length} bytes`)
        sum += crc32(CR_LF, crc32(record))
        if (sum > Number.MAX_SAFE_INTEGER / 2) {
          checksum += BigInt(sum)
          sum = 0
        }
        const key = record.subarray(0, KEY_BYTES)
        if (ordered && disorder === null && Buffer.compare(last, key) > 0) {
          disorder = `${file}: record ${records + 1} is out of order`
        }
        last = key
        records++
      }
      rest = bytes.subarray(at)
    }
    if (rest.length > 0) throw new Error(`${file} does not end with a line end`)
  }
  return { records, checksum: (checksum + BigInt(sum)).toString(16), disorder }
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter(name => name.startsWith('part-'))
    .sort()
    .map(name => join(path, name))
}
