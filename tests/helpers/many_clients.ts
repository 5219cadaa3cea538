/**
 * Many clients of one daemon at once.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { copy } from "../../mod.ts";
import { startDaemon } from "./daemon.ts";
import { Relay, RELAY_ADDRESS } from "./relay.ts";
import { Scratch } from "./scratch.ts";
import { assertSameTree } from "./snapshot.ts";
import { buildTree, dir, type Entry, file, symlink } from "./tree.ts";

/** What a daemon may need for them. */
export const MOST_DAEMON_BYTES = 300 * 1024 * 1024;
/** What the slowest client may need, as a multiple of the one in the middle. */
const MOST_UNFAIR = 3;
/** And beyond that, in milliseconds: on a machine with other work everybody may be held up for a moment. */
const SLACK_MS = 5000;

/** Options of {@linkcode runClients}. */
export interface ClientsOptions {
  /** Small files of each client's tree. @default 200 */
  readonly smallFiles?: number;
  /** What the daemon may need, in bytes. @default {MOST_DAEMON_BYTES} */
  readonly mostBytes?: number;
  /** Which way content takes. @default "data ports" */
  readonly way?: "data ports" | "control port" | "calls";
}

/** How it went. */
export interface ClientsReport {
  readonly slowestMs: number;
  readonly medianMs: number;
  /** The most that the daemon had in memory. */
  readonly daemonBytes: number;
}

/**
 * Has each client push a mixed tree and pull it back, all at the same time, and fails unless everything arrives, nobody waits much
 * longer than others, and the daemon stays small.
 */
export async function runClients(clients: number, options: ClientsOptions = {}): Promise<ClientsReport> {
  const { smallFiles = 200, mostBytes = MOST_DAEMON_BYTES, way = "data ports" } = options;
  const copyOptions = { forceGrpc: way !== "data ports" };
  using scratch = new Scratch();
  const source = buildMixedTree(scratch, smallFiles);
  await using daemon = await startDaemon({ args: ["--root", scratch.directory("root")] });
  await using relay = way === "calls" ? new Relay(daemon.port, { onlyCalls: true }) : undefined;
  const server = relay === undefined ? `127.0.0.1:${daemon.port}` : `${RELAY_ADDRESS}:${relay.port}`;
  const times = await Promise.all(
    Array.from({ length: clients }, async (_, i) => {
      const started = performance.now();
      const pushed = await copy(`${source}/`, `${server}://${i}`, copyOptions);
      const pulled = await copy(`${server}://${i}/`, scratch.join(`back-${i}`), copyOptions);
      assertEquals([pushed.failures, pulled.failures], [[], []]);
      return performance.now() - started;
    }),
  );
  for (let i = 0; i < clients; i++) assertSameTree(scratch.join(`back-${i}`), source);
  times.sort((a, b) => a - b);
  const medianMs = times[Math.floor(times.length / 2)];
  const slowestMs = times.at(-1)!;
  const daemonBytes = peakBytes(daemon.pid);
  const report = { medianMs, slowestMs, daemonBytes };
  assert(slowestMs <= MOST_UNFAIR * medianMs + SLACK_MS, JSON.stringify(report));
  assert(daemonBytes <= mostBytes, JSON.stringify(report));
  return report;
}

/** Small files, a few larger ones and a large one: 4 MB. */
function buildMixedTree(scratch: Scratch, smallFiles: number): string {
  const small: Record<string, Entry> = {};
  for (let i = 0; i < smallFiles; i++) small[`file-${i}`] = file(`content of ${i} `.repeat(i));
  return buildTree(scratch.join("source"), {
    small: dir(small),
    middle: dir({ a: file("a".repeat(100_000)), b: file("b".repeat(300_000)), link: symlink("a") }),
    large: file("0123456789".repeat(300_000)),
    empty: dir(),
  });
}

function peakBytes(pid: number): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]);
}
