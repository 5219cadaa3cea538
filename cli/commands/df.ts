/**
 * `blit df`.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import { fileSystems, type FileSystemState } from "../../utils/df.ts";
import { parseTarget } from "../../utils/target.ts";
import { type Column, renderColumns } from "../columns.ts";
import { formatBytes, formatNumber, formatPercent } from "../format.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { Results } from "../results.ts";

const DEFAULT_COLUMNS = 120;

/** A file system of which something is known. */
interface Known {
  readonly place: string;
  readonly facts: Exclude<FileSystemState["facts"], BlitError>;
}

/** Runs the command and resolves with the exit status. */
export async function run({ args: [target = "."], flags, program }: Command, io: Io): Promise<number> {
  const json = flags.json ?? false;
  const results = new Results({ json, program, io });
  const known: Known[] = [];
  for await (const { place, facts } of fileSystems(parseTarget(target, io.platform))) {
    if (facts instanceof BlitError) results.fail(facts);
    else if (json) results.write(jsonOf({ place, facts }));
    else known.push({ place, facts });
    if (results.isOver) break;
  }
  if (known.length > 0) {
    const lines = table(known, { exact: flags.exact ?? false, width: io.columns() ?? DEFAULT_COLUMNS });
    results.write(lines.map((line) => `${line}\n`).join(""));
  }
  return results.status;
}

function table(rows: readonly Known[], { exact, width }: { exact: boolean; width: number }): string[] {
  const size = exact ? formatNumber : formatBytes;
  const column = (title: string, cell: (row: Known) => string, rank?: number): Column => ({
    title,
    cells: rows.map(cell),
    ...(rank === undefined ? {} : { rank }),
  });
  const columns: Column[] = [
    { title: "PLACE", cells: rows.map(({ place }) => cleanText(place)), align: "left" },
    { title: "TYPE", cells: rows.map(({ facts }) => cleanText(facts.type)), align: "left", rank: 3 },
    column("SIZE", ({ facts }) => size(facts.totalBytes), 1),
    column("USED", ({ facts }) => size(facts.usedBytes), 2),
    column("FREE", ({ facts }) => size(facts.freeBytes)),
    column("FULL", ({ facts: { usedBytes, freeBytes } }) => share(usedBytes, freeBytes)),
    column("ENTRIES", ({ facts: { totalEntries, freeEntries } }) => share(totalEntries - freeEntries, freeEntries), 4),
  ];
  return renderColumns(columns, rows.length, width);
}

/** Of what there is for this user, as `df` has it. */
function share(used: number, free: number): string {
  return used + free === 0 ? "-" : formatPercent(used / (used + free));
}

function jsonOf({ place, facts }: Known): string {
  const { type: fileSystem, totalBytes, usedBytes, freeBytes, totalEntries, freeEntries } = facts;
  return jsonLine({
    type: "file-system",
    place,
    fileSystem,
    totalBytes,
    usedBytes,
    freeBytes,
    totalEntries,
    freeEntries,
  });
}
