/** Message templates: the metadata of Arrow record-batch messages, made once per number of nodes and buffers. */
import { Buffer as ArrowBuffer } from 'apache-arrow/fb/buffer'
import { FieldNode } from 'apache-arrow/fb/field-node'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Builder, ByteBuffer } from 'flatbuffers'

/** Continuation marker and metadata length before every message. */
export const PREFIX_BYTES = 8

/** Slots of the fields in their flatbuffer tables, as Arrow's Message.fbs numbers them. */
export const MESSAGE_HEADER_TYPE = 6
export const MESSAGE_HEADER = 8
export const MESSAGE_BODY_LENGTH = 10
export const BATCH_LENGTH = 4
export const BATCH_NODES = 6
export const BATCH_BUFFERS = 8
export const BATCH_COMPRESSION = 10

/**
 * A whole message but for its numbers: bytes to copy, and where to write them. A flatbuffer's layout depends only on
 * which fields are there, so filling one in costs a copy of a few hundred bytes, where building one costs 30 µs —
 * and a shuffle of 1000 × 1000 has a million.
 */
export interface MessageTemplate {
  /** Prefix, flatbuffer and padding: a multiple of 8 bytes. */
  readonly bytes: Uint8Array
  /** Positions, in `bytes`, of 64-bit integers. */
  readonly bodyLengthAt: number
  readonly rowsAt: number
  /** First of `nodes` pairs of (length, null count). */
  readonly nodesAt: number
  /** First of `buffers` pairs of (offset, length). */
  readonly buffersAt: number
}

const kept = new Map<number, MessageTemplate>()
const MAX_KEPT = 256

export function messageTemplate(nodes: number, buffers: number): MessageTemplate {
  const key = nodes * 0x1_0000 + buffers
  let template = kept.get(key)
  if (template === undefined) {
    if (kept.size >= MAX_KEPT) kept.clear()
    template = makeTemplate(nodes, buffers)
    kept.set(key, template)
  }
  return template
}

function makeTemplate(nodes: number, buffers: number): MessageTemplate {
  const builder = new Builder(256 + 16 * (nodes + buffers))
  RecordBatch.startBuffersVector(builder, buffers)
  for (let i = 0; i < buffers; i++) ArrowBuffer.createBuffer(builder, 0n, 0n)
  const bufferVector = builder.endVector()
  RecordBatch.startNodesVector(builder, nodes)
  for (let i = 0; i < nodes; i++) FieldNode.createFieldNode(builder, 0n, 0n)
  const nodeVector = builder.endVector()
  RecordBatch.startRecordBatch(builder)
  // Not 0: a field that has its default is left out.
  RecordBatch.addLength(builder, 1n)
  RecordBatch.addNodes(builder, nodeVector)
  RecordBatch.addBuffers(builder, bufferVector)
  const header = RecordBatch.endRecordBatch(builder)
  Message.startMessage(builder)
  Message.addVersion(builder, MetadataVersion.V5)
  Message.addHeaderType(builder, MessageHeader.RecordBatch)
  Message.addHeader(builder, header)
  Message.addBodyLength(builder, 1n)
  builder.finish(Message.endMessage(builder))
  const flat = builder.asUint8Array()

  const bb = new ByteBuffer(flat)
  const message = Message.getRootAsMessage(bb)
  const batch = message.header(new RecordBatch()) as RecordBatch
  const slot = (table: number, field: number): number => table + bb.__offset(table, field)
  return {
    bytes: framed(flat),
    bodyLengthAt: PREFIX_BYTES + slot(message.bb_pos, MESSAGE_BODY_LENGTH),
    rowsAt: PREFIX_BYTES + slot(batch.bb_pos, BATCH_LENGTH),
    nodesAt: PREFIX_BYTES + bb.__vector(slot(batch.bb_pos, BATCH_NODES)),
    buffersAt: PREFIX_BYTES + bb.__vector(slot(batch.bb_pos, BATCH_BUFFERS)),
  }
}

/** A message's metadata with its prefix, padded so that the body starts at a multiple of 8. */
export function framed(flatbuffer: Uint8Array): Uint8Array {
  const padded = (flatbuffer.length + 7) & ~7
  const bytes = new Uint8Array(PREFIX_BYTES + padded)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, -1, true)
  view.setInt32(4, padded, true)
  bytes.set(flatbuffer, PREFIX_BYTES)
  return bytes
}
