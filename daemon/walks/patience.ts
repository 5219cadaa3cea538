/**
 * Looks into a module while the names above change: made again a little later instead of waited for, so that other walks of the
 * thread go on meanwhile.
 *
 * @module
 */

import { STILL_MS } from "../../core/fs/contained/mod.ts";
import { isChanged } from "../exports.ts";

/** How long looks are made again until one succeeds, in milliseconds. */
const LOOK_MS = 5000;

/** The looks of one work, one after the other. */
export class Patience {
  #deadlineMs: number | undefined;

  /** How long the next look has no chance, in milliseconds. */
  get pauseMs(): number {
    return this.#deadlineMs === undefined ? 0 : STILL_MS;
  }

  /**
   * Makes a call; whether it is done. Otherwise it is to be made again.
   *
   * @throws whatever it throws, and "changed" where things never stand still
   */
  attempt(look: () => void): boolean {
    try {
      look();
    } catch (error) {
      const nowMs = performance.now();
      this.#deadlineMs ??= nowMs + LOOK_MS;
      if (!isChanged(error) || nowMs >= this.#deadlineMs) throw error;
      return false;
    }
    this.#deadlineMs = undefined;
    return true;
  }
}
