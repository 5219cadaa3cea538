/**
 * How fast a lane is: content over loopback from one worker to another, with checksums on both ends, beside the same bytes without
 * anything around them.
 *
 * ```sh
 * deno run -A bench/wire.ts
 * ```
 *
 * Prints GB/s (median and best of the runs) and processor time a gigabyte, both ends together, for several sizes of a record. One
 * core sends and one receives: on two cores with other work the processor time is the figure that holds.
 *
 * @module
 */

import process from "node:process";
import type { WireJob, WireReply } from "./wire_worker.ts";

const TOTAL_BYTES = 2 * 1024 ** 3;
const RECORD_BYTES = [64, 128, 256, 512, 1024].map((kibibytes) => kibibytes * 1024);
const RUNS = 5;

/** One transfer. */
interface Run {
  bytesPerSecond: number;
  cpuSeconds: number;
}

async function measure(framed: boolean, recordBytes: number): Promise<Run> {
  const job = { framed, totalBytes: TOTAL_BYTES, recordBytes };
  const [receiver, sender] = [startWorker(), startWorker()];
  try {
    const listening = await ask(receiver, { kind: "receive", ...job });
    if (listening.kind !== "listening") throw new Error(`Unexpected "${listening.kind}"`);
    const before = process.cpuUsage();
    const receiving = nextReply(receiver);
    sender.postMessage({ kind: "send", port: listening.port, ...job } satisfies WireJob);
    const received = await receiving;
    if (received.kind !== "received" || received.bytes !== TOTAL_BYTES) throw new Error("Not everything has arrived");
    const { user, system } = process.cpuUsage(before);
    return { bytesPerSecond: received.bytes / received.seconds, cpuSeconds: (user + system) / 1e6 };
  } finally {
    receiver.terminate();
    sender.terminate();
  }
}

function startWorker(): Worker {
  return new Worker(new URL("./wire_worker.ts", import.meta.url), { type: "module" });
}

function ask(worker: Worker, job: WireJob): Promise<WireReply> {
  const reply = nextReply(worker);
  worker.postMessage(job);
  return reply;
}

function nextReply(worker: Worker): Promise<WireReply> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<WireReply>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
}

/** Median and best rate, median processor time. */
function describe(runs: readonly Run[]): string {
  const rates = runs.map(({ bytesPerSecond }) => bytesPerSecond / 1e9).sort((a, b) => a - b);
  const costs = runs.map(({ cpuSeconds }) => cpuSeconds / TOTAL_BYTES * 1e9).sort((a, b) => a - b);
  const middle = Math.floor(runs.length / 2);
  return `${rates[middle].toFixed(2)} GB/s (best ${rates.at(-1)!.toFixed(2)}), ${costs[middle].toFixed(2)} s a GB`;
}

if (import.meta.main) {
  for (const recordBytes of RECORD_BYTES) {
    const runs: Record<"plain" | "lane", Run[]> = { plain: [], lane: [] };
    for (let run = 0; run < RUNS; run++) {
      runs.plain.push(await measure(false, recordBytes));
      runs.lane.push(await measure(true, recordBytes));
    }
    console.log(`${recordBytes / 1024} KiB: lane ${describe(runs.lane)}; plain ${describe(runs.plain)}`);
  }
}
