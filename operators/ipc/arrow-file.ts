/** Arrow files: batches as an Arrow IPC file, and back; the only form in which batches leave a task. */
import { Block } from 'apache-arrow/fb/block'
import { Footer } from 'apache-arrow/fb/footer'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { Builder, ByteBuffer } from 'flatbuffers'
import type { Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { DunlinError } from '../errors.ts'
import { readArrowSchema, writeArrowSchema } from './arrow-schema.ts'
import { aligned, BatchDecoder, corrupt } from './decode-batch.ts'
import { encodeBatch } from './encode-batch.ts'
import { framed } from './message-template.ts'
import { PieceWriter } from './piece-writer.ts'

/** `ARROW1`; padded to 8 bytes at the start of a file, bare at its end. */
const MAGIC = Uint8Array.of(0x41, 0x52, 0x52, 0x4f, 0x57, 0x31)
/** Footer length and magic. */
const TAIL_BYTES = 10
/** Continuation marker and a length of 0, for those who read the file as a stream. */
const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** Where the record-batch messages of one group stand in the file, one after another. */
export interface ArrowGroup {
  readonly offset: number
  readonly byteLength: number
  readonly rows: number
}

export interface ArrowFile {
  /** The file, cut anywhere; large column buffers are shared with the batches, not copied. */
  readonly pieces: Uint8Array[]
  readonly sizeBytes: number
  readonly groups: readonly ArrowGroup[]
}

/** A record-batch message as the footer lists it, in bytes from the start of the file. */
export interface ArrowBlock {
  readonly offset: number
  readonly metadataBytes: number
  readonly bodyBytes: number
}

/**
 * A valid Arrow IPC file of the batches of all groups, in order; batches of narrower schemas are cast.
 *
 * @example
 * const file = encodeArrowFile(schema, [partition0, partition1])
 * const { offset, byteLength } = file.groups[1]
 * decodeSlice(schema, bytes.subarray(offset, offset + byteLength)) // the batches of partition 1
 */
export function encodeArrowFile(schema: Schema, groups: readonly (readonly Batch[])[]): ArrowFile {
  const out = new PieceWriter()
  beginArrowFile(out, schema)
  const blocks: ArrowBlock[] = []
  const places = groups.map(batches => {
    const offset = out.sizeBytes
    let rows = 0
    for (const batch of batches) {
      const at = out.sizeBytes
      const { metadataBytes, bodyBytes } = encodeBatch(castBatch(batch, schema), out)
      blocks.push({ offset: at, metadataBytes, bodyBytes })
      rows += batch.length
    }
    return { offset, byteLength: out.sizeBytes - offset, rows }
  })
  endArrowFile(out, schema, blocks)
  return { pieces: out.finish(), sizeBytes: out.sizeBytes, groups: places }
}

/**
 * The batches of one group's bytes. Columns are views on `bytes`, which must not change any more; they are copied
 * once where they do not start at a multiple of 8.
 *
 * @throws CORRUPT for bytes that are no such messages. Check checksums first: this trusts what the columns hold.
 */
export function decodeSlice(schema: Schema, bytes: Uint8Array): Batch[] {
  const decoder = new BatchDecoder(schema, aligned(bytes))
  const batches: Batch[] = []
  for (let at = 0; at < bytes.length; ) {
    const read = decoder.read(at)
    if (read === null) break
    batches.push(read.batch)
    at = read.end
  }
  return batches
}

/**
 * Schema and batches of a whole Arrow IPC file, written by dunlin or, in plain types, by others.
 *
 * @throws CORRUPT for bytes that are no Arrow file; BAD_RECORD for types that are not read.
 */
export function decodeArrowFile(bytes: Uint8Array): { schema: Schema; batches: Batch[] } {
  const whole = aligned(bytes)
  const { schema, blocks } = readArrowFooter(whole)
  const decoder = new BatchDecoder(schema, whole)
  const batches = blocks.map(block => {
    const read = decoder.read(block.offset)
    if (read === null) throw corrupt('the footer points at the end of the stream')
    return read.batch
  })
  return { schema, batches }
}

/**
 * What the footer says; `tail` is the file or its end, long enough to hold the footer.
 *
 * @throws CORRUPT where it is no footer, or not whole.
 */
export function readArrowFooter(tail: Uint8Array): { schema: Schema; blocks: ArrowBlock[] } {
  const footerEnd = tail.length - TAIL_BYTES
  if (footerEnd < 0 || !MAGIC.every((byte, i) => tail[footerEnd + 4 + i] === byte))
    throw corrupt('it is no Arrow file')
  const length = new DataView(tail.buffer, tail.byteOffset).getInt32(footerEnd, true)
  if (length <= 0 || length > footerEnd) throw corrupt('its footer is cut short')
  try {
    return readFooter(tail.subarray(footerEnd - length, footerEnd))
  } catch (error) {
    // The generated readers check nothing: damage shows as any error.
    throw error instanceof DunlinError ? error : corrupt('its footer is damaged', error)
  }
}

function readFooter(bytes: Uint8Array): { schema: Schema; blocks: ArrowBlock[] } {
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes))
  if (footer.dictionariesLength() > 0) throw corrupt('it has dictionaries')
  const arrow = footer.schema()
  if (arrow === null) throw corrupt('its footer has no schema')
  const count = footer.recordBatchesLength()
  if (count * Block.sizeOf() > bytes.length) throw corrupt('its footer is damaged')
  const blocks = Array.from({ length: count }, (_, i) => {
    const block = footer.recordBatches(i)!
    return {
      offset: Number(block.offset()),
      metadataBytes: block.metaDataLength(),
      bodyBytes: Number(block.bodyLength()),
    }
  })
  return { schema: readArrowSchema(arrow), blocks }
}

/** What stands before the first record batch. */
export function beginArrowFile(out: PieceWriter, schema: Schema): void {
  out.write(MAGIC)
  out.write(schemaMessage(schema))
}

/** What stands after the last. */
export function endArrowFile(out: PieceWriter, schema: Schema, blocks: readonly ArrowBlock[]): void {
  out.write(END_OF_STREAM)
  const footer = footerOf(schema, blocks)
  const tail = out.reserve(footer.length + TAIL_BYTES)
  tail.set(footer)
  new DataView(tail.buffer, tail.byteOffset).setInt32(footer.length, footer.length, true)
  tail.set(MAGIC, footer.length + 4)
}

function schemaMessage(schema: Schema): Uint8Array {
  const builder = new Builder(1024)
  const header = writeArrowSchema(builder, schema)
  Message.startMessage(builder)
  Message.addVersion(builder, MetadataVersion.V5)
  Message.addHeaderType(builder, MessageHeader.Schema)
  Message.addHeader(builder, header)
  builder.finish(Message.endMessage(builder))
  return framed(builder.asUint8Array())
}

function footerOf(schema: Schema, blocks: readonly ArrowBlock[]): Uint8Array {
  const builder = new Builder(1024 + Block.sizeOf() * blocks.length)
  const schemaOffset = writeArrowSchema(builder, schema)
  Footer.startRecordBatchesVector(builder, blocks.length)
  for (const block of blocks.toReversed()) {
    Block.createBlock(builder, BigInt(block.offset), block.metadataBytes, BigInt(block.bodyBytes))
  }
  const vector = builder.endVector()
  Footer.startFooter(builder)
  Footer.addVersion(builder, MetadataVersion.V5)
  Footer.addSchema(builder, schemaOffset)
  Footer.addRecordBatches(builder, vector)
  builder.finish(Footer.endFooter(builder))
  return builder.asUint8Array()
}
