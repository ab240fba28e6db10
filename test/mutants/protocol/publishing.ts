/** Mutants of publishing: parts get their names once, whole, and `_SUCCESS` comes last. */
import type { Mutant } from '../mutant.ts'

const PUBLISH = 'src/sink/publish.ts'
const MOVE_PARTS = 'src/sink/move-parts.ts'
const CLAIM = 'src/sink/claim-directory.ts'

export const PUBLISHING_MUTANTS: readonly Mutant[] = [
  {
    name: '_SUCCESS is written while parts are still being moved',
    file: PUBLISH,
    find: 'await moveParts({ ...placement, store, parts }, request)',
    replace: 'void moveParts({ ...placement, store, parts }, request)',
    look: { faults: ['coldStart'] },
  },
  {
    name: 'a part that is nowhere counts as published',
    file: MOVE_PARTS,
    find: 'if (await isPart(store, part, name, request)) return',
    replace: 'return',
    look: { check: 'a lost part is not published' },
  },
  {
    name: 'a part that was moved is not looked at',
    file: MOVE_PARTS,
    find: '?.sizeBytes === part.bytes) return',
    replace: ') return',
    look: { check: 'a part that was cut short is not published' },
  },
  {
    name: 'another file of the same size passes for a part',
    file: MOVE_PARTS,
    find: 'return sum === part.crc32',
    replace: 'return true',
    look: { check: 'another file of the same size is not published' },
  },
  {
    name: 'a publication that was interrupted takes its parts back',
    file: PUBLISH,
    find: 'const mayTakeBack = !passes && ',
    replace: 'const mayTakeBack = ',
    look: { check: 'a publication that was interrupted goes on' },
  },
  {
    name: 'a driver that has lost its job takes parts back',
    file: PUBLISH,
    find: "mode !== 'overwrite' && (await isStillOurs(output))",
    replace: "mode !== 'overwrite'",
    look: { check: 'a driver that has lost its job takes nothing back' },
  },
  {
    name: 'a publication that failed leaves its parts',
    file: PUBLISH,
    find: 'if (mayTakeBack) await takeBack(output, placement).catch(() => {})',
    replace: '',
    look: { check: 'a publication that failed leaves nothing' },
  },
  {
    name: 'a publication that failed takes back what it does not know to be its own',
    file: PUBLISH,
    find: 'if (moved.has(name) || (await isThere())) gone.push(name)',
    replace: 'gone.push(name)',
    look: { check: 'a publication that failed leaves what others have' },
  },
  {
    name: 'two jobs publish into one directory',
    file: CLAIM,
    find: 'if (other !== null) {',
    replace: 'if (key === other) {',
    look: { check: 'of two jobs one publishes at most' },
  },
  {
    name: 'a job looks for others before its own marker is there',
    file: CLAIM,
    find: 'if (!isAlone) await store.put(key, encodeMarker({ job, mode, alone: false }), request)\n  const other = isAlone ? null : await otherPublisher(store, job, request)\n',
    replace:
      'const other = isAlone ? null : await otherPublisher(store, job, request)\n  if (!isAlone) await store.put(key, encodeMarker({ job, mode, alone: false }), request)\n',
    look: { check: 'of two jobs one publishes at most' },
  },
  {
    name: 'a job that was alone in a directory gives way to one that came later',
    file: CLAIM,
    find: 'const isAlone = await wasAlone(store, job, request)',
    replace: 'const isAlone = (await wasAlone(store, job, request)) && false',
    look: { check: 'a job that publishes does not give way' },
  },
  {
    name: 'a job that gives way leaves its marker',
    file: CLAIM,
    find: 'await store.delete([key]).catch(() => {})',
    replace: '',
    look: { check: 'a job that gives way leaves nothing' },
  },
  {
    name: 'what came into the directory meanwhile is published over',
    file: PUBLISH,
    find: 'await checkOutput({ ...output, except: own })',
    replace: '',
    look: { check: 'what has come into the directory stays' },
  },
  {
    name: 'an old _SUCCESS lists parts that are being replaced',
    file: PUBLISH,
    find: 'await store.delete([SUCCESS_KEY], request)',
    replace: '',
    look: { check: 'a reader of a directory that is overwritten sees nothing or all' },
  },
  {
    name: 'what attempts have left stays when their output is published',
    file: PUBLISH,
    find: 'encodeManifest(manifest), request)\n  await discardAttempts(output)',
    replace: 'encodeManifest(manifest), request)',
    look: { faults: ['duplicate'] },
  },
  {
    name: 'a create that met its own object counts as lost',
    file: 'src/store/put-once.ts',
    find: 'return found !== undefined && Buffer.compare(found, body) === 0',
    replace: 'return false',
    look: { faults: ['driverStore', 'lostRace', 'ambiguousPut'] },
  },
  {
    name: 'a create that met the object of another counts as won',
    file: 'src/store/put-once.ts',
    find: 'return found !== undefined && Buffer.compare(found, body) === 0',
    replace: 'return found !== undefined',
    look: { faults: ['secondDriver', 'driverPaused', 'driverKilled'] },
  },
]
