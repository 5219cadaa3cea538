/**
 * `blit du`.
 *
 * @module
 */

import { asByteString, cleanText, decodeText, displayName, encodeText, toBytes } from "../../core/paths/bytes.ts";
import type { DirectoryUsage } from "../../core/scan/disk_usage.ts";
import { measure } from "../../utils/du.ts";
import { parseTarget } from "../../utils/target.ts";
import { formatBytes, formatNumber } from "../format.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { parseCount } from "../parse/values.ts";
import { Results } from "../results.ts";

/** A directory, and how its path begins. */
interface Row {
  readonly shown: string;
  readonly usage: DirectoryUsage;
}

/** Wide enough for `1,023 bytes`, and for the digits of 99 TB with their commas. */
const HUMAN_WIDTH = 11;
const EXACT_WIDTH = 18;
/** Of a terminal on which the second column has no room beside a path. */
const NARROW_COLUMNS = 60;

/** Runs the command and resolves with the exit status. */
export async function run({ args: [target = "."], flags, program }: Command, io: Io): Promise<number> {
  const json = flags.json ?? false;
  const results = new Results({ json, program, io });
  const depth = flags.depth === undefined ? {} : { depth: Math.min(parseCount("depth", flags.depth), 0xffff_ffff) };
  const toLine = json ? jsonOf : lineFor(flags.exact ?? false, io.columns());
  const sorted: Row[] = [];
  let isHeadDue = !json;
  for await (const { shown, directories, failures } of measure(parseTarget(target, io.platform), depth)) {
    // Only now: where nothing can be measured there is no table.
    if (isHeadDue) results.write(lineOf(["ON DISK", "IN FILES"], "DIRECTORY", flags.exact ?? false, io.columns()));
    isHeadDue = false;
    const rows = directories.map((usage) => ({ shown, usage }));
    if (flags.sort) sorted.push(...rows);
    else results.write(rows.map(toLine).join(""));
    for (const error of failures) results.fail(error);
    await results.drain();
    if (results.isOver) break;
  }
  sorted.sort((a, b) => b.usage.allocatedBytes - a.usage.allocatedBytes);
  results.write(sorted.map(toLine).join(""));
  return results.status;
}

function lineFor(exact: boolean, columns: number | undefined): (row: Row) => string {
  const size = exact ? formatNumber : formatBytes;
  return ({ shown, usage }) => {
    const { allocatedBytes, sizeBytes } = usage;
    return lineOf(
      [size(allocatedBytes), size(sizeBytes)],
      cleanText(displayName(pathOf(shown, usage))),
      exact,
      columns,
    );
  };
}

/** The path is never cut: it is there to be used. */
function lineOf(sizes: readonly string[], path: string, exact: boolean, columns = Infinity): string {
  const width = exact ? EXACT_WIDTH : HUMAN_WIDTH;
  const shown = columns < NARROW_COLUMNS ? sizes.slice(0, 1) : sizes;
  return [...shown.map((size) => size.padStart(width)), path].join("  ") + "\n";
}

function jsonOf({ shown, usage }: Row): string {
  const path = pathOf(shown, usage);
  const exact = decodeText(path) === undefined ? { pathBase64: toBytes(path).toBase64() } : {};
  const { allocatedBytes, sizeBytes, files, directories } = usage;
  const facts = { allocatedBytes, sizeBytes, files, directories };
  return jsonLine({ type: "directory", path: displayName(path), ...exact, ...facts });
}

function pathOf(shown: string, { path }: DirectoryUsage): ReturnType<typeof asByteString> {
  if (path !== "") return asByteString(`${encodeText(shown)}/${path}`);
  // The root of this machine, and the default root of a server.
  return encodeText(shown === "" || shown.endsWith(":/") ? `${shown}/` : shown);
}
