/** Mutants of the exchange: the manifest with its seals, slices with their checksums, and the rows that they hold. */
import type { Mutant } from '../mutant.ts'

const MANIFEST = 'src/shuffle/manifest.ts'
const BUILD = 'src/shuffle/build-manifest.ts'
const SLICE = 'src/shuffle/read-slice.ts'

export const EXCHANGE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a slice is decoded whatever its checksum',
    file: SLICE,
    find: 'sliceCrc([bytes], owner) === entry.crc32',
    replace: 'true',
    look: { faults: ['dataDamaged', 'wrongBytes'] },
  },
  {
    name: 'a slice that is streamed is decoded whatever its checksum',
    file: SLICE,
    find: 'if ((await streamedCrc(slice)) !== entry.crc32 && (await streamedCrc(slice)) !== entry.crc32) {',
    replace: 'if (entry.byteLength < 0) {',
    look: { check: 'a streamed slice is checked before it is decoded' },
  },
  {
    name: 'a streamed slice is not checked as it is decoded',
    file: SLICE,
    find: 'if (crc !== entry.crc32) throw damaged(slice)',
    replace: '',
    look: { check: 'a streamed slice that changes while it is read is refused' },
  },
  {
    name: 'a slice that is damaged does not say whose it is',
    file: SLICE,
    find: '      place: { at: uri },\n      lost,\n',
    replace: '      place: { at: uri },\n',
    look: { faults: ['dataDamaged'] },
  },
  {
    name: 'a slice that arrives damaged is not asked for again',
    file: SLICE,
    find: 'if (isIntact(slice, again)) return again',
    replace: '',
    look: { faults: ['wrongBytes'] },
  },
  {
    name: 'the checksum of a slice does not say whose it is',
    file: 'src/shuffle/slice-entry.ts',
    find: 'crc32(`${of.stage}/${of.task}/${of.partition}`)',
    replace: 'crc32(`${of.stage}/${of.task}`)',
    look: { check: 'slices that stand for the partitions of each other are refused' },
  },
  {
    name: 'the seal of a producer is not looked at',
    file: MANIFEST,
    find: 'if (!isSealed(view, at, PRODUCER_BYTES, PRODUCERS, task)) throw damaged(uri)',
    replace: '',
    look: { check: 'a producer of a manifest with a bit turned is refused' },
  },
  {
    name: 'the seal of an entry is not looked at',
    file: MANIFEST,
    find: 'if (!isSealed(view, at, INDEXED_BYTES, of.partition, of.task)) throw damaged(uri)',
    replace: '',
    look: { faults: ['manifestDamaged', 'wrongBytes'] },
  },
  {
    name: 'a seal does not say whose it is',
    file: MANIFEST,
    find: 'crc32(bytes, (Math.imul(partition + 1, GOLDEN) ^ task) >>> 0)',
    replace: 'crc32(bytes)',
    look: { check: 'an entry of a manifest that stands for another is refused' },
  },
  {
    name: 'the checksum of a manifest header is not looked at',
    file: MANIFEST,
    find: 'if (crc32(json) !== view.getUint32(8, true)) throw damaged(uri)',
    replace: '',
    look: { faults: ['manifestDamaged', 'wrongBytes'] },
  },
  {
    name: 'a manifest counts as written before it is',
    file: BUILD,
    find: 'await writer.close({ ifAbsent: true })',
    replace: 'writer.close({ ifAbsent: true }).catch(() => undefined)',
    look: { faults: ['slowRequest'] },
  },
  {
    name: 'a manifest may hold other rows than the driver was told of',
    file: BUILD,
    find: 'if (built.rows !== event.rows) throw notConserved(event, built.rows)',
    replace: '',
    look: { check: 'a manifest of other rows than were told is refused' },
  },
  {
    name: 'a commit may hold other rows than its slices',
    file: BUILD,
    find: 'rows !== commit.success.rowsOut',
    replace: 'false',
    look: { check: 'a commit whose slices hold other rows is refused' },
  },
  {
    name: 'a commit may have a partition twice',
    file: BUILD,
    find: 'partition <= last ||',
    replace: '',
    look: { check: 'a commit with a partition twice is refused' },
  },
  {
    name: 'a manifest of another stage passes',
    file: 'src/shuffle/read-exchange.ts',
    find: 'index.header.stage === stage',
    replace: 'true',
    look: { check: 'a manifest of another stage is refused' },
  },
]
