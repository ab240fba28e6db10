/** How much of a buffer goes with a view of it: all, or only the window that the view shows. */
import { isPooled } from './pooled.ts'

/** A view that leaves out so much of its buffer is written as its window; else buffers stay what they are. */
const LEFT_OUT_BYTES = 64 * 1024

/** Windows were taken of buffers that are needed as a whole: capture again with that known. */
export class NeededWhole extends Error {
  readonly buffers: ReadonlySet<ArrayBufferLike>
  constructor(buffers: ReadonlySet<ArrayBufferLike>) {
    super('buffers are needed as a whole')
    this.buffers = buffers
  }
}

export class BufferWindows {
  private readonly whole: ReadonlySet<ArrayBufferLike>
  private readonly isKnown: (buffer: object) => boolean
  private readonly windows = new Map<ArrayBufferLike, ArrayBufferView>()
  private readonly shared = new Set<ArrayBufferLike>()
  private readsBuffers = false

  /** `whole`: buffers of which no window is taken; `isKnown`: whether a buffer has been written as a whole. */
  constructor(whole: ReadonlySet<ArrayBufferLike>, isKnown: (buffer: object) => boolean) {
    this.whole = whole
    this.isKnown = isKnown
  }

  /** Whether only what the view shows is written, as a buffer of its own. */
  takes(view: ArrayBufferView): boolean {
    const { buffer } = view
    if (!(buffer instanceof ArrayBuffer) || buffer.resizable) return false
    // A pool holds what is nobody's business.
    if (isPooled(buffer)) return true
    const isPart = buffer.byteLength - view.byteLength >= LEFT_OUT_BYTES
    if (!isPart || this.whole.has(buffer) || this.isKnown(buffer)) {
      this.wholeBuffer(buffer)
      return false
    }
    const other = this.windows.get(buffer)
    if (other !== undefined && other !== view) this.shared.add(buffer)
    this.windows.set(buffer, view)
    return true
  }

  /** Notes that the buffer is written as a whole. */
  wholeBuffer(buffer: ArrayBufferLike): void {
    if (this.windows.has(buffer)) this.shared.add(buffer)
  }

  /** Code that asks a view for its buffer may mean more than the window. */
  code(text: string): void {
    this.readsBuffers ||= /\bbuffer\b/.test(text)
  }

  /** Throws where a window was taken and more is needed. */
  check(): void {
    const needed = this.readsBuffers ? new Set(this.windows.keys()) : this.shared
    if (needed.size > 0) throw new NeededWhole(needed)
  }
}
