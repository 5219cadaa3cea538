/**
 * The ports on which a daemon expects data, for firewalls.
 *
 * @module
 */

import type { TableReader } from "./table_reader.ts";

/** Ports from the first to the last. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** More threads than this would only share the same disks and network. */
const MOST_THREADS = 8;
/** One that waits for a disk does not hold up all sessions. */
const FEWEST_THREADS = 2;

/** How many threads do sessions at most; each listens on a port of its own. */
export function sessionThreads(processors: number = navigator.hardwareConcurrency): number {
  return Math.min(MOST_THREADS, Math.max(FEWEST_THREADS, processors));
}

/**
 * Reads a port, or a range of them that is large enough for this machine.
 *
 * @param threads how many ports a range needs
 * @throws {BlitError} "usage" with file, line, key and what is allowed
 */
export function readPortRange<Key extends string>(
  table: TableReader<Key>,
  key: Key,
  threads: number = sessionThreads(),
): PortRange | undefined {
  const value = table.textOrNumber(key);
  if (value === undefined) return undefined;
  const range = parseRange(String(value));
  if (range === undefined) throw table.wrong(key, 'a port from 1 to 65535, or a range such as "9040-9047"');
  const { first, last } = range;
  if (last < first) throw table.problem(key, `the range "${value}" ends before it begins`);
  const count = last - first + 1;
  if (count > 1 && count < threads) {
    throw table.problem(
      key,
      `the range "${value}" has ${count} ports, this machine needs ${threads}, one for each session thread; ` +
        `"${first}-${
          Math.min(65_535, first + MOST_THREADS - 1)
        }" is enough anywhere, and a single port is for one thread`,
    );
  }
  return range;
}

function parseRange(text: string): PortRange | undefined {
  const [, first, last = first] = /^(\d{1,5})(?: ?- ?(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined) return undefined;
  const range = { first: Number(first), last: Number(last) };
  return [range.first, range.last].every((port) => port >= 1 && port <= 65_535) ? range : undefined;
}
