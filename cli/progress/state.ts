/**
 * How far a run has come, for whoever asks in between.
 *
 * @module
 */

import type { TransferEvent, Verb } from "../../core/events.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import { formatElapsed } from "../format.ts";
import { progressLine, ProgressRate } from "./line.ts";
import type { ProgressEvent } from "./mod.ts";

/** The newest that is known; a heartbeat old at most. */
export class RunState {
  readonly #verb: Verb;
  readonly #rate = new ProgressRate();
  #stage: "starting" | "planning" | "working" | "ending" = "starting";
  #latest: ProgressEvent | undefined;

  /** The state of a run that has not said anything yet. */
  constructor(verb: Verb) {
    this.#verb = verb;
  }

  /** Takes note of an event. */
  add(event: TransferEvent): void {
    if (event.type === "started") this.#stage = "planning";
    else if (event.type === "route") this.#stage = "working";
    else if (event.type === "finished") this.#stage = "ending";
    else if (event.type === "progress") {
      this.#latest = event;
      this.#rate.add(event);
    }
  }

  /** One line without its end, such as `after 12 s: 1.2 GiB of 3.4 GiB, 1,204 of 9,000 entries, 310 MiB/s, at "a/b"`. */
  describe(): string {
    const verb = this.#verb;
    if (this.#stage === "ending") return `the ${verb} has ended`;
    if (this.#stage === "starting") return `the ${verb} is starting: it looks for source and destination`;
    if (this.#stage === "planning") return `the ${verb} is starting: it takes a first look at the source`;
    const event = this.#latest;
    if (event === undefined) return `the ${verb} has begun; the first numbers come after a second`;
    const path = event.currentPath === "" ? "" : `, at "${cleanText(event.currentPath)}"`;
    return `after ${formatElapsed(event.timeMs)}: ${progressLine(event, this.#rate, { verb })}${path}`;
  }
}
