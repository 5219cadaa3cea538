/**
 * Carries out what a receiver in another thread orders.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { chooseFileSystem } from "../../fs/mod.ts";
import type { Directory } from "../../fs/types.ts";
import type { Lane } from "../../wire/mod.ts";
import type { RangeCommand, RangeReport, RangeTarget } from "./range_messages.ts";
import { RangeWriter } from "./range_writer.ts";

/** Options of {@linkcode RangeHelper}. */
export interface RangeHelperOptions {
  readonly report: (report: RangeReport) => void;
  /** Opens the module of a daemon that holds the destination. */
  readonly openModule?: () => Directory;
}

/** One helper, whose lane is about to open. */
export class RangeHelper {
  readonly #lane: Promise<Lane<"sink">>;
  readonly #report: (report: RangeReport) => void;
  readonly #openModule: (() => Directory) | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #writer: RangeWriter | undefined;
  /** Commands are carried out in their order. */
  #handled: Promise<void> = Promise.resolve();

  constructor(lane: Promise<Lane<"sink">>, { report, openModule }: RangeHelperOptions) {
    this.#lane = lane;
    this.#report = report;
    this.#openModule = openModule;
    lane.catch(() => this.#lose());
  }

  /**
   * Resolves when it has closed everything, whether it was told to end or its lane was lost. Rejects with a defect, which its owner
   * makes known, together with the loss of the lane.
   */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Takes in a command. */
  handle(command: RangeCommand): void {
    this.#handled = this.#handled.then(() => this.#handle(command)).catch((error) => this.#fail(error));
  }

  async #handle(command: RangeCommand): Promise<void> {
    switch (command.type) {
      case "begin": {
        const lane = await this.#lane;
        const root = this.#openRoot(command.target);
        this.#writer = new RangeWriter({ lane, root, report: this.#report });
        this.#writer.run().then(this.#ended.resolve, this.#ended.reject);
        return this.#report({ type: "ready" });
      }
      case "range":
        return this.#writer!.take(command.order);
      case "end":
        return this.#writer!.end();
      case "stop":
        return this.#writer === undefined ? this.#lose() : this.#writer.stop();
    }
  }

  #openRoot({ destination, beneath, fileSystem }: RangeTarget): Directory {
    if (beneath === undefined) return chooseFileSystem(fileSystem).openRoot(destination);
    using module = this.#openModule!();
    return module.openDirectory(beneath);
  }

  /** Others do what it was to do. That hides no defect: those are the errors that nobody has thought of. */
  #fail(error: unknown): void {
    if (error instanceof BlitError) return this.#lose();
    this.#closeLane();
    this.#ended.reject(error);
  }

  #lose(): void {
    this.#report({ type: "lost" });
    this.#closeLane();
    this.#ended.resolve();
  }

  #closeLane(): void {
    this.#lane.then((lane) => lane.close(), () => {});
  }
}
