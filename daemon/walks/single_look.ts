/**
 * What the file system knows of one entry, or of the root of a module.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import type { Directory } from "../../core/fs/types.ts";
import { asByteString } from "../../core/paths/bytes.ts";
import type { Work } from "../../core/scan/slices.ts";
import { type ModuleAccess, withShownPath } from "../exports.ts";
import { describeEntry, openUnproven } from "./listing.ts";
import type { ListedEntry, WalkPlace } from "./orders.ts";
import { Patience } from "./patience.ts";

/** A look at an entry. */
export class SingleLook implements Work<ListedEntry> {
  readonly isFull = true;
  readonly #place: WalkPlace;
  readonly #parent: Directory;
  readonly #patience = new Patience();
  #entry: ListedEntry | undefined;

  /**
   * Opens the directory of the entry.
   *
   * @throws {BlitError} where there is none, here or at the first step
   */
  constructor(access: ModuleAccess, place: WalkPlace) {
    this.#place = place;
    this.#parent = openUnproven(access, { ...place, path: place.path.slice(0, -1) }, "inspect");
  }

  get pauseMs(): number {
    return this.#patience.pauseMs;
  }

  step(): boolean {
    const look = (): void => void (this.#entry = this.#describe());
    return !this.#patience.attempt(() => withShownPath("inspect", this.#place.shown, look));
  }

  take(): ListedEntry | undefined {
    const entry = this.#entry;
    this.#entry = undefined;
    return entry;
  }

  close(): void {
    this.#parent.close();
  }

  #describe(): ListedEntry {
    const name = this.#place.path.at(-1);
    if (name === undefined) return { name: asByteString(""), stat: this.#parent.stat(), target: undefined };
    const entry = describeEntry(this.#parent, name);
    if (entry === undefined) throw new BlitError("not-found", "");
    return entry;
  }
}
