/**
 * The workers of a client for lanes that carry ranges of large files.
 *
 * @module
 */

import type { LaneOffer } from "../../../proto/blit/v2/blit_pb.ts";
import { mostRangeLanes } from "../receiving/range_lanes.ts";
import type { OpenRangeLane, RangePort, RangeReport } from "../receiving/range_messages.ts";
import { workersCanStart } from "../run/worker_permission.ts";
import type { ServeRanges } from "../sending/serve_ranges.ts";

const WRITER = new URL("../receiving/range_worker.ts", import.meta.url);
const SERVER = new URL("../sending/range_worker.ts", import.meta.url);

/** Whether lanes can have threads of their own. */
export function rangeWorkersCanStart(): boolean {
  return workersCanStart(WRITER);
}

/** Workers of one transfer. Disposing of them ends those that still work. */
export class RangeWorkers implements Disposable {
  readonly #workers = new Set<Worker>();

  /** @param host the address at which the daemon has answered */
  constructor(readonly host: string) {}

  /** Starts one that writes what it is ordered to, unless there are enough. */
  startWriter({ port, token }: LaneOffer): RangePort | undefined {
    if (!this.#hasRoom) return undefined;
    const worker = this.#start(WRITER);
    const open: OpenRangeLane = { type: "open", host: this.host, port, token };
    worker.postMessage(open);
    return {
      post: (command) => worker.postMessage(command),
      listen: (onReport) => {
        worker.onmessage = ({ data }: MessageEvent<RangeReport>) => onReport(data);
        worker.onerror = (event) => {
          event.preventDefault();
          onReport({ type: "lost" });
        };
      },
      close: () => this.#end(worker),
    };
  }

  /** Starts one that answers what it is asked, unless there are enough. */
  startServer({ port, token }: LaneOffer, tree: Omit<ServeRanges, "host" | "port" | "token">): void {
    if (!this.#hasRoom) return;
    const worker = this.#start(SERVER);
    worker.onerror = (event) => event.preventDefault(); // the other side goes on without it
    const message: ServeRanges = { ...tree, host: this.host, port, token };
    worker.postMessage(message);
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers.clear();
  }

  /** A daemon may offer more than is of use here. */
  get #hasRoom(): boolean {
    return rangeWorkersCanStart() && this.#workers.size < mostRangeLanes(false);
  }

  #start(url: URL): Worker {
    const worker = new Worker(url, { type: "module", name: "ranges" });
    this.#workers.add(worker);
    return worker;
  }

  #end(worker: Worker): void {
    worker.terminate();
    this.#workers.delete(worker);
  }
}
