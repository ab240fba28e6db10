/** How long the index of an exchange is: what those who write and read it, and those who count requests ahead, agree on. */

/** Of a manifest's start, with the schemas in it, which is padded to this; only where schemas are long it is longer. */
export const MANIFEST_HEAD_BYTES = 4096
/** What is said of each producer. */
export const MANIFEST_PRODUCER_BYTES = 24
/** What is said of each slice, also of an empty one. */
export const MANIFEST_ENTRY_BYTES = 28
/** A reader's first request; what lies in it needs no further one. */
export const MANIFEST_FIRST_BYTES = 64 << 10
/** An index that is longer is made range after range. */
export const MANIFEST_RANGE_BYTES = 64 << 20
/** Larger slices are read as streams, twice: at most so large, and a share of the task's memory. */
export const WHOLE_SLICE_BYTES = 16 << 20
export const WHOLE_SLICE_SHARE = 1 / 16
