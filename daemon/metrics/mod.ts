/**
 * Metrics where the configuration asks for them.
 *
 * ```text
 * jobs/totals.ts -> registry.ts: numbers as Prometheus wants them -> server.ts, http.ts: an address that answers
 * ```
 *
 * @module
 */

import type { ListenAddress } from "../../core/config/listen_address.ts";
import { loadLater } from "../../core/load_later.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { MetricsServer } from "./server.ts";

/** The metrics of a daemon: served at one address, or nowhere. */
export class MetricsEndpoint {
  readonly #jobs: Jobs;
  #wanted: ListenAddress | undefined;
  #server: MetricsServer | undefined;

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  /**
   * Serves at another address from now on, or nowhere. Where that is impossible everything stays as it was.
   *
   * @throws {BlitError} as {@linkcode MetricsServer}
   */
  async moveTo(address: ListenAddress | undefined): Promise<void> {
    if (address?.hostname === this.#wanted?.hostname && address?.port === this.#wanted?.port) return;
    const server = address && await this.#open(address);
    this.#server?.close();
    [this.#server, this.#wanted] = [server, address];
  }

  /** Serves no more. */
  close(): void {
    this.#server?.close();
    this.#server = this.#wanted = undefined;
  }

  /** Its packages are loaded by those who use them only. */
  async #open(address: ListenAddress): Promise<MetricsServer> {
    const [{ createMetrics }, { MetricsServer }] = await Promise.all([
      loadLater<typeof import("./registry.ts")>(new URL("./registry.ts", import.meta.url)),
      loadLater<typeof import("./server.ts")>(new URL("./server.ts", import.meta.url)),
    ]);
    return new MetricsServer(address, createMetrics(this.#jobs));
  }
}
