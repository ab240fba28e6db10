/** Endianness: batches, hashes and Arrow bodies are little-endian memory; said and checked here, once. */
import { DunlinError } from '../errors.ts'

if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) {
  throw new DunlinError('CONFIGURATION', 'dunlin runs on little-endian machines only', {
    hint: 'Use x86-64 or ARM machines.',
  })
}
