/**
 * `blit find`.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import type { EntryKind } from "../../core/fs/types.ts";
import { asByteString, cleanText, decodeText, displayName, encodeText, toBytes } from "../../core/paths/bytes.ts";
import { type FindQuery, KIND_NUMBERS } from "../../core/scan/find.ts";
import { find, type Found } from "../../utils/find.ts";
import { parseTarget } from "../../utils/target.ts";
import { formatIsoTime } from "../format.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { parseCount, parseDuration, parseSize } from "../parse/values.ts";
import { Results } from "../results.ts";

/** Kinds that can be asked for. */
const KINDS = KIND_NUMBERS.slice(1);

/** As other programs of this name call the most usual ones. */
const LETTERS: ReadonlyMap<string, EntryKind> = new Map([["f", "file"], ["d", "directory"], ["l", "symlink"]]);

/** Runs the command and resolves with the exit status. */
export async function run({ args: [target, glob], flags, program }: Command, io: Io): Promise<number> {
  const json = flags.json ?? false;
  const results = new Results({ json, program, io });
  const query = toQuery(glob, flags);
  for await (const found of find(parseTarget(target, io.platform), query)) {
    results.write(json ? jsonOf(found) : textOf(found));
    for (const error of found.failures) results.fail(error);
    await results.drain();
    if (results.isOver) break;
  }
  return results.status;
}

function toQuery(glob: string | undefined, flags: Command["flags"]): FindQuery {
  const size = (name: "min-size" | "max-size") => flags[name] === undefined ? undefined : parseSize(name, flags[name]);
  const before = (name: "min-age" | "max-age") =>
    flags[name] === undefined ? undefined : (Date.now() - parseDuration(name, flags[name])) / 1000;
  const query = {
    glob,
    kinds: flags.type?.length ? flags.type.map(parseKind) : undefined,
    minSizeBytes: size("min-size"),
    maxSizeBytes: size("max-size"),
    modifiedBeforeSeconds: before("min-age"),
    modifiedAfterSeconds: before("max-age"),
    depth: flags.depth === undefined ? undefined : parseDepth(flags.depth),
    limit: flags.limit === undefined ? undefined : parseCount("limit", flags.limit),
    details: flags.json ?? false,
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as unknown as FindQuery;
}

function parseKind(text: string): EntryKind {
  const kind = KINDS.find((known) => known === text || known === LETTERS.get(text));
  if (kind !== undefined) return kind;
  throw new BlitError("usage", `Cannot use --type "${text}": there is no such kind`, {
    hint: `Kinds are ${KINDS.slice(0, -1).join(", ")} and ${KINDS.at(-1)}; f, d and l are the first three`,
  });
}

function parseDepth(text: string): number {
  const depth = parseCount("depth", text);
  if (depth > 0 && depth <= 0xffff_ffff) return depth;
  throw new BlitError("usage", `Cannot use --depth "${text}": it has to be 1 or more`);
}

/** A NUL ends each name; no other control character is there. */
const PLAIN = /^[\x20-\x7e\0]*$/;

function textOf({ names, shown }: Found): string {
  const start = cleanText(shown);
  let text = "";
  for (const { directory, entries } of segmentsOf(PLAIN.test(names) ? names : cleanNames(names))) {
    const prefix = `${start}${directory}/`;
    // Directory by directory: one line at a time would take as long as the search itself.
    text += `${prefix}${entries.replaceAll("\0", `\n${prefix}`)}\n`;
  }
  return text;
}

/** Readable, without control characters. */
function cleanNames(names: string): string {
  return names.split("\0").map((name) => cleanText(displayName(asByteString(name)))).join("\0");
}

/** The directories of a batch, each with its entries; a NUL is between those. */
function* segmentsOf(names: string): Generator<{ directory: string; entries: string }> {
  for (let start = 0; start < names.length;) {
    const nameEnd = names.indexOf("\0", start);
    const next = names.indexOf("\0/", nameEnd);
    const end = next === -1 ? names.length - 1 : next;
    const directory = names.slice(start, nameEnd);
    yield { directory: directory === "/" ? "" : directory, entries: names.slice(nameEnd + 1, end) };
    start = end + 1;
  }
}

function jsonOf({ names, kinds, details, shown }: Found): string {
  const start = encodeText(shown);
  let text = "";
  let i = 0;
  for (const { directory, entries } of segmentsOf(names)) {
    for (const name of entries.split("\0")) {
      const path = asByteString(`${start}${directory}/${name}`);
      const exact = decodeText(path) === undefined ? { pathBase64: toBytes(path).toBase64() } : {};
      const facts = details === undefined ? {} : {
        sizeBytes: details.sizes[i],
        modified: formatIsoTime(details.mtimeSeconds[i], details.mtimeNanoseconds[i]),
      };
      text += jsonLine({ type: "entry", path: displayName(path), ...exact, kind: KIND_NUMBERS[kinds[i]], ...facts });
      i++;
    }
  }
  return text;
}
