/**
 * A file whose content arrives in pieces, in order, from a source on another machine.
 *
 * @module
 */

import { BlitError, endsRun, toBlitError } from "../../errors.ts";
import type { Attributes } from "../../fs/types.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import { KEPT_BYTES } from "../files/kept_file.ts";
import { NewFile } from "../files/new_file.ts";
import { countCopied, sourceChanged } from "../files/place_file.ts";
import { RESERVE_BYTES } from "./sizes.ts";

/** Created with its first piece; after a failure further pieces are ignored. */
export class IncomingFile {
  #file: NewFile | undefined;
  /** Where the next piece has to begin. */
  #position = 0;
  #bytesWritten = 0;
  /** The file does not end where the last piece ended: it ends with a hole. */
  #endsInHole = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    readonly pair: DirectoryPair,
    readonly entry: Entry,
    readonly attributes: Attributes | undefined,
  ) {}

  /** Whether it failed for what every other file would fail for as well; why comes out of {@linkcode finish}. */
  get endsRun(): boolean {
    return this.#failure !== undefined && endsRun(toBlitError(this.#failure.error).code);
  }

  /** Writes a piece. Throws only what the peer is to blame for; whatever fails here is kept for the end. */
  write(offset: number, content: Uint8Array): void {
    this.#requireNext(offset, content.length);
    this.#endsInHole = false;
    this.#try(() => {
      const { sink } = this.#create();
      sink.writeAt(content, content.length, offset);
      this.#bytesWritten += content.length;
    });
  }

  /** Leaves a hole. */
  skip(offset: number, length: number): void {
    this.#requireNext(offset, length);
    this.#endsInHole = true;
  }

  /** Everything has arrived: completes the file and puts it in its place. Throws whatever failed, now or before. */
  finish(): void {
    const { pair, entry } = this;
    this.#try(() => {
      const { sink } = this.#create();
      const { size } = entry.source;
      // A file of size 0 may have content, as in /proc.
      if (this.#position !== size && size !== 0) throw sourceChanged(pair.engine, pair.pathOf(entry.name));
      if (this.#endsInHole) sink.truncate(size);
      this.#file!.place();
    });
    this.abandon();
    if (this.#failure !== undefined) throw this.#explain(this.#failure.error);
    // Holes count as content that was dealt with, as they do locally.
    countCopied(pair.engine, pair, entry, this.#position);
  }

  /**
   * Removes what there is of it, unless it is in its place.
   *
   * @param keep leave it to a later run if there is enough of it
   */
  abandon(keep = false): void {
    this.#file?.abandon(keep && this.#failure === undefined && this.#bytesWritten >= KEPT_BYTES);
  }

  #create(): NewFile {
    if (this.#file === undefined) {
      const { source } = this.entry;
      this.#file = NewFile.create(this.pair, this.entry, this.attributes);
      if (source.size >= RESERVE_BYTES && source.allocatedBytes >= source.size) this.#file.sink.reserve(source.size);
    }
    return this.#file;
  }

  #try(run: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      run();
    } catch (error) {
      this.#failure = { error };
    }
  }

  #explain(error: unknown): unknown {
    return this.#file === undefined ? error : this.#file.explain(error);
  }

  #requireNext(offset: number, length: number): void {
    const { size } = this.entry.source;
    if (offset !== this.#position || (size !== 0 && offset + length > size)) {
      throw new BlitError("protocol", `Cannot take bytes ${offset} to ${offset + length} of a file of ${size} bytes`);
    }
    this.#position += length;
  }
}
