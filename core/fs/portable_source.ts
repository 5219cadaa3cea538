/**
 * Files of the portable implementation that are open for reading.
 *
 * @module
 */

import { fsError } from "./failures.ts";
import { portableError } from "./portable_errors.ts";
import { tryLock } from "./portable_lock.ts";
import { isSameFile, toStat } from "./portable_stat.ts";
import type { HoldOutcome, SourceFile, Stat } from "./types.ts";

/**
 * Deno's file, with the proof that it is the expected one.
 *
 * Deno follows a symbolic link that took the file's place since somebody looked. So the open file is compared before the
 * first bytes are handed out. It happens after the first read, because that one look then also tells whether the file
 * changed while it was read: unless everything is allowed (`-A`), Deno resolves the whole path again for every look, and
 * a look takes 3 us of the 22 us that a small file takes in all.
 */
export class PortableSource implements SourceFile {
  readonly #file: Deno.FsFile;
  readonly #expected: Stat;
  readonly #shown: () => string;
  /** What the file was after the last read that gave any bytes. */
  #latest: Stat | undefined;
  #isProven = false;
  #nextRead = 0;
  #filePosition = 0;
  #isOpen = true;

  /** Takes over an open file; `expected` is what its name stood for, `shown` gives its path for people. */
  constructor(file: Deno.FsFile, expected: Stat, shown: () => string) {
    this.#file = file;
    this.#expected = expected;
    this.#shown = shown;
  }

  tryHoldAlone(): HoldOutcome {
    return tryLock(this.#file, true);
  }

  stat(): Stat {
    return this.#latest ??= this.#look();
  }

  read(buffer: Uint8Array, length: number): number {
    const count = this.readAt(buffer, length, this.#nextRead);
    this.#nextRead += count;
    return count;
  }

  readAt(buffer: Uint8Array, length: number, position: number): number {
    // The buffer itself where the whole of it is meant, which is the usual case and allocates nothing.
    const target = length === buffer.length ? buffer : buffer.subarray(0, length);
    for (;;) {
      try {
        const count = this.#readOnce(target, position);
        if (!this.#isProven) this.#latest = this.#look();
        else if (count > 0) this.#latest = undefined;
        return count;
      } catch (error) {
        if (!(error instanceof Deno.errors.Interrupted)) throw portableError(error, "read", this.#shown());
      }
    }
  }

  nextData(position: number): number {
    return position;
  }

  nextHole(_position: number, size: number): number {
    return size;
  }

  readAttributes(): undefined {
    return undefined;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#file.close();
  }

  #readOnce(target: Uint8Array, position: number): number {
    if (this.#filePosition !== position) this.#filePosition = this.#file.seekSync(position, Deno.SeekMode.Start);
    const count = this.#file.readSync(target) ?? 0;
    this.#filePosition += count;
    return count;
  }

  #look(): Stat {
    let stat: Stat;
    try {
      stat = toStat(this.#file.statSync());
    } catch (error) {
      throw portableError(error, "inspect", this.#shown());
    }
    if (stat.kind !== "file" || !isSameFile(this.#expected, stat)) throw fsError("changed", "open", this.#shown());
    this.#isProven = true;
    return stat;
  }
}
