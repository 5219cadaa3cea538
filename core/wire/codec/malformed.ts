/**
 * A payload that does not say what its type promises. Becomes a `BlitError` with the number of the record where frames are
 * read, which is the only place that knows it.
 *
 * @module
 */

/** Thrown by decoders only. */
export class MalformedRecord extends Error {
  override readonly name = "MalformedRecord";
}
