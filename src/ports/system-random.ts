/** Real randomness, for nonces, ids and jitter; nothing of it reaches a result. */
import { randomBytes } from 'node:crypto'
import type { Randomness } from './ports.ts'

export const systemRandom: Randomness = {
  next: () => Math.random(),
  hex: bytes => randomBytes(bytes).toString('hex'),
}
