/**
 * Many clients of one daemon at once.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { copy, type CopyOptions } from "../../mod.ts";
import { startDaemon } from "./daemon.ts";
import { Scratch } from "./scratch.ts";
import { assertSameTree } from "./snapshot.ts";
import { buildTree, dir, type Entry, file, symlink } from "./tree.ts";

/** What a daemon may need for them. */
export const MOST_DAEMON_BYTES = 300 * 1024 * 1024;
/** What the slowest client may need, as a multiple of the one in the middle. */
const MOST_UNFAIR = 3;

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
export async function runClients(clients: number, options: CopyOptions = {}): Promise<ClientsReport> {
  using scratch = new Scratch();
  const source = buildMixedTree(scratch);
  await using daemon = await startDaemon({ args: ["--root", scratch.directory("root")] });
  const server = `127.0.0.1:${daemon.port}`;
  const times = await Promise.all(
    Array.from({ length: clients }, async (_, i) => {
      const started = performance.now();
      const pushed = await copy(`${source}/`, `${server}://${i}`, options);
      const pulled = await copy(`${server}://${i}/`, scratch.join(`back-${i}`), options);
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
  assert(slowestMs <= MOST_UNFAIR * medianMs, JSON.stringify(report));
  assert(daemonBytes <= MOST_DAEMON_BYTES, JSON.stringify(report));
  return report;
}

/** 4 MB in 200 small files, a few larger ones and a large one. */
function buildMixedTree(scratch: Scratch): string {
  const small: Record<string, Entry> = {};
  for (let i = 0; i < 200; i++) small[`file-${i}`] = file(`content of ${i} `.repeat(i));
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
