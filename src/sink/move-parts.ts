/** moveParts: the parts of the attempts that won, from where those wrote them to their names. */
import { crc32 } from 'node:zlib'
import { DunlinError } from '../../operators/index.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'
import type { CommittedPart } from '../task/task-event.ts'

const MOVES_AT_ONCE = 64

export interface PartsToMove {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly parts: readonly CommittedPart[]
  /** Of the parts, in their order. */
  readonly names: readonly string[]
  /** Names to which something has been moved, whole or not: grows. */
  readonly moved: Set<string>
}

/** @throws CORRUPT where a part is neither where its attempt wrote it nor at its name as it was committed */
export async function moveParts(
  { store, parts, names, moved }: PartsToMove,
  request: RequestOptions,
): Promise<void> {
  let next = 0
  const mover = async (): Promise<void> => {
    while (next < parts.length) {
      const i = next++
      await movePart({ store, part: parts[i]!, name: names[i]!, moved }, request)
    }
  }
  // All have ended before an error is thrown: nothing moves any more when the caller goes on.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(MOVES_AT_ONCE, parts.length) }, mover))
  for (const mover of ended) if (mover.status === 'rejected') throw mover.reason
}

interface PartToMove extends Pick<PartsToMove, 'store' | 'moved'> {
  readonly part: CommittedPart
  readonly name: string
}

async function movePart({ store, part, name, moved }: PartToMove, request: RequestOptions): Promise<void> {
  let cause: unknown
  try {
    await store.move(part.key, name, request)
    moved.add(name)
    if ((await store.head(name, request))?.sizeBytes === part.bytes) return
  } catch (error) {
    if (!(error instanceof DunlinError) || error.code !== 'NOT_FOUND') throw error
    // Another driver moved it, or this one before it was killed; or it is lost, and an old file has its name.
    if (await isPart(store, part, name, request)) return
    cause = error
  }
  throw new DunlinError(
    'CORRUPT',
    `a part of the output is lost: neither ${part.key} nor ${name} in ${store.uri} is what was committed`,
    { cause, hint: 'Was the directory changed while the job ran? Run the job again.' },
  )
}

/** Whether what has that name is the part, byte for byte. */
export async function isPart(
  store: ObjectStore,
  part: CommittedPart,
  name: string,
  request: RequestOptions,
): Promise<boolean> {
  const found = await store.head(name, request)
  if (found?.sizeBytes !== part.bytes) return false
  let sum = 0
  for await (const piece of store.stream(name, { offset: 0 }, request)) sum = crc32(piece, sum)
  return sum === part.crc32
}
