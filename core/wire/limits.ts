/**
 * Every bound of the data plane. Both sides keep them: a sender splits what is larger, a receiver refuses it before a byte of
 * memory is taken for it.
 *
 * @module
 */

/** The version of the data plane. Two ends with different numbers do not talk. */
export const PROTOCOL_NUMBER = 1;

/** Content of one `file-data` or `shard` record. */
export const MAX_CONTENT_BYTES = 1024 * 1024;
/** Payload of any record: content and 64 KiB for what describes it (a shard's table of 6,000 files needs most). */
export const MAX_PAYLOAD_BYTES = MAX_CONTENT_BYTES + 64 * 1024;
/** Bytes of one message of the fallback carrier. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Entries, requests, confirmations or files of a shard in one record: a megabyte of the smallest would be 30 MB of objects. */
export const MAX_ITEMS = 16_384;
/** UTF-8 bytes of the reason in a `failure`, `file-end` or `abort`. Longer ones are cut by the sender. */
export const MAX_REASON_BYTES = 4096;
/** Extended attributes of one entry. */
export const MAX_ATTRIBUTES = 4096;
/** Bytes of one extended attribute, as Linux bounds it. */
export const MAX_ATTRIBUTE_BYTES = 64 * 1024;
/** Blocks that `--resume` compares: smaller ones cost more in hashes than they save in bytes. */
export const MIN_BLOCK_BYTES = 1024;
/** See {@linkcode MIN_BLOCK_BYTES}. */
export const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

/** Bytes that wait in a lane, besides those on their way to the socket, before `write` does. */
export const QUEUE_BYTES = 256 * 1024;
/** Content up to this size is copied into the batch of its header: cheaper than a system call of its own. */
export const COPIED_CONTENT_BYTES = 64 * 1024;
/** Silence after which a peer counts as gone, in milliseconds. Keep-alives come three times as often. */
export const IDLE_MS = 30_000;
/** The longest patience that a peer may ask for before a call that does not return for a while, in seconds. */
export const MAX_PATIENCE_SECONDS = 600;
/** The whole handshake of a lane, in milliseconds, however its bytes arrive. */
export const HANDSHAKE_MS = 5_000;
/** Look-up of a name, and connecting, in milliseconds each. */
export const CONNECT_MS = 10_000;
/** How long a side that gives up waits for its reason to be read, or looks for the peer's reason, in milliseconds. */
export const GRACE_MS = 2_000;
/** Lanes of one session. */
export const MAX_LANES = 64;
/** Further lanes of one transfer for ranges of large files: a server gives no more, and a client does not ask for more. */
export const MAX_RANGE_LANES = 3;
