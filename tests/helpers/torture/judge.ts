/**
 * What the torture run holds outcomes against: rsync, what is on the disk, and what came of the other routes.
 *
 * @module
 */

import { runTool } from "../shell.ts";
import { findTemporaries, type Snapshot, snapshot } from "../snapshot.ts";

/** Findings, each a line; none means that all is well. */
export type Findings = string[];

const SHOWN = 12;

/** What rsync would still do, as its itemized lines. */
export function askRsync(source: string, destination: string, options: readonly string[]): string[] {
  const { code, stdout, stderr } = runTool("rsync", [
    "-aHAXn",
    "--itemize-changes",
    "--modify-window=-1", // without it nanoseconds are not looked at
    ...options,
    `${source}/`,
    `${destination}/`,
  ]);
  if (code !== 0) return [`rsync exits with ${code}: ${stderr}`];
  return new TextDecoder("latin1").decode(stdout).split("\n").filter((line) => line !== "");
}

/** A tree with every time of the last hour as "now", and the others to the nanosecond or to the millisecond. */
export function settledSnapshot(root: string, { milliseconds = false } = {}): Snapshot {
  const now = Date.now() / 1000;
  return Object.fromEntries(
    Object.entries(snapshot(root)).map(([path, line]) => [
      path,
      line.replace(/mtime=(-?\d+\.\d{3})\d*/, (all, time) => {
        if (Math.abs(Number(time) - now) < 3600) return "mtime=now";
        return milliseconds ? `mtime=${time}` : all;
      }),
    ]),
  );
}

/** How two trees differ. */
export function differ(actual: Snapshot, expected: Snapshot, what: string): Findings {
  const paths = [...new Set([...Object.keys(actual), ...Object.keys(expected)])].filter((path) =>
    actual[path] !== expected[path]
  );
  if (paths.length === 0) return [];
  const lines = paths.slice(0, SHOWN).map((path) =>
    `  ${shorten(JSON.stringify(path))}\n    is        ${actual[path] ?? "missing"}\n    should be ${
      expected[path] ?? "absent"
    }`
  );
  return [`${what}: ${paths.length} entries differ\n${lines.join("\n")}`];
}

/** How two lists of lines differ. */
export function differLines(actual: readonly string[], expected: readonly string[], what: string): Findings {
  const [more, less] = [without(actual, expected), without(expected, actual)];
  if (more.length + less.length === 0) return [];
  const show = (lines: readonly string[], sign: string) =>
    lines.slice(0, SHOWN).map((line) => `  ${sign} ${shorten(line)}\n`).join("");
  return [`${what}: ${more.length} more, ${less.length} less\n${show(more, "+")}${show(less, "-")}`];
}

function shorten(text: string): string {
  return text.replace(/L{20,}/g, "L..L").slice(0, 200);
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** What Blit should have taken away. */
export function remnants(root: string): Findings {
  const found = findTemporaries(root);
  return found.length === 0 ? [] : [`temporaries: ${found.slice(0, SHOWN).join(" ")}`];
}
