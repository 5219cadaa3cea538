/**
 * Every bound of the sending side. What a peer may ask for ends here, whatever it is.
 *
 * @module
 */

/**
 * Entries that may be listed and not acknowledged: enough for a link of 100 ms to stay busy with small files, and about 10 MB
 * of objects on either side.
 */
export const WINDOW_ENTRIES = 32_768;
/** The same in bytes of records; attributes and long names count. */
export const WINDOW_BYTES = 8 * 1024 * 1024;
/** Entries of one record: about 3 ms of work, so that answers do not wait for longer. */
export const BATCH_ENTRIES = 500;
/** Bytes of one record of entries. */
export const BATCH_BYTES = 256 * 1024;
/** Reading the names of one directory where that takes turns, in milliseconds: a million of them take 5 s. */
export const LISTING_MS = 60_000;
/** Directories kept open for requests; one that is asked about later is opened again. */
export const MOST_HANDLES = 64;
/** Files up to this size travel together in shards. */
export const SMALL_FILE_BYTES = 64 * 1024;
/** A shard leaves when it holds this much, or when nothing else is asked for. */
export const SHARD_BYTES = 256 * 1024;
/** Files of one shard: the table of as many fits the 64 KiB that a record has for it. */
export const SHARD_FILES = 6_000;
/**
 * Bytes read at once from a larger file. On two cores one lane sent 2.2 GB/s from tmpfs in pieces of 512 KiB, 1.7 in pieces of a
 * mebibyte, which no longer stay in the cache, and 1.8 in pieces of half the size.
 */
export const PIECE_BYTES = 512 * 1024;
/** The same where many lanes share a thread: a file of a shard, and one byte by which it shows that it has grown, fit in. */
export const LEAST_PIECE_BYTES = 128 * 1024;
/** Buffers of that size: one is filled while the other is on its way. A third made nothing faster, and a daemon has many lanes. */
export const PIECE_BUFFERS = 2;
/** Requests that are not answered yet. */
export const MOST_REQUESTS = 65_536;
/** Bytes of hashes in requests that are not answered yet. */
export const MOST_HASH_BYTES = 16 * 1024 * 1024;
/** A file that says that it is empty is read up to here: `/proc` has content without sizes, and files without an end. */
export const UNSIZED_BYTES = 1024 * 1024 * 1024;
/** Milliseconds of work after which records, keep-alives and aborts of the peer are looked at. */
export const BUSY_MS = 8;
