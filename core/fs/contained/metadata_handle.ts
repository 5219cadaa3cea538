/**
 * Mode, owner and time of an entry through a handle, so that they go to what was looked at.
 *
 * @module
 */

import { fsError } from "../failures.ts";
import { portableError } from "../portable_errors.ts";
import { loadNodeFs, toNodeSeconds } from "../portable_node.ts";
import { fromNodeStats, isSameFile, toDate, toStat } from "../portable_stat.ts";
import type { Stat, Times } from "../types.ts";

/** An open file or directory whose content is nobody's business. */
export class MetadataHandle implements Disposable {
  readonly #descriptor: number;
  readonly #fs = loadNodeFs();

  private constructor(descriptor: number, readonly action: string, readonly shown: string, readonly path: string) {
    this.#descriptor = descriptor;
  }

  /**
   * Opens an entry; `undefined` where this platform has no handle on it, or reading it is not permitted.
   *
   * @throws {BlitError} "changed" where it is not what was looked at
   */
  static open(path: string, known: Stat, action: string, shown: string): MetadataHandle | undefined {
    if (Deno.build.os === "windows" || known.kind !== "file" && known.kind !== "directory") return undefined;
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = loadNodeFs().constants;
    let handle: MetadataHandle;
    try {
      const descriptor = loadNodeFs().openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      handle = new MetadataHandle(descriptor, action, shown, path);
    } catch (error) {
      const failure = portableError(error, action, shown);
      if (failure.code === "permission-denied") return undefined;
      throw failure;
    }
    if (handle.#is(known)) return handle;
    handle[Symbol.dispose]();
    throw fsError("changed", action, shown);
  }

  setMode(mode: number): void {
    this.#attempt(() => this.#fs.fchmodSync(this.#descriptor, mode));
  }

  setOwner(uid: number, gid: number): void {
    this.#attempt(() => this.#fs.fchownSync(this.#descriptor, uid, gid));
  }

  setTimes(times: Times): void {
    const date = toDate(times);
    if (date.getTime() >= 0) {
      const seconds = toNodeSeconds(date);
      return this.#attempt(() => this.#fs.futimesSync(this.#descriptor, seconds, seconds));
    }
    // Only Deno's own file takes such a time.
    this.#attempt(() => {
      using file = Deno.openSync(this.path, { read: true });
      if (!this.#is(toStat(file.statSync()))) throw fsError("changed", this.action, this.shown);
      file.utimeSync(date, date);
    });
  }

  [Symbol.dispose](): void {
    this.#fs.closeSync(this.#descriptor);
  }

  #is(known: Stat): boolean {
    return isSameFile(known, fromNodeStats(this.#fs.fstatSync(this.#descriptor)));
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      throw portableError(error, this.action, this.shown);
    }
  }
}
