/**
 * The end of a move from another machine: the source is told what is safe here, and removes what is still the same there.
 *
 * @module
 */

import type { Stat } from "../../fs/types.ts";
import { splitPath } from "../../paths/byte_path.ts";
import { asByteString, type ByteString, joinBytes } from "../../paths/bytes.ts";
import { destinationNames } from "../../scan/batches.ts";
import { statProblem } from "../../wire/codec/mod.ts";
import type { ConfirmedEntry, ConfirmedRecord } from "../../wire/mod.ts";
import type { Engine } from "../threads/engine.ts";

/** A directory is confirmed as such: its size means nothing on another machine, and its time moves with what is removed. */
const NO_VERSION = { size: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
/** Entries of one record. */
const ENTRIES_PER_RECORD = 500;

/**
 * Everything that the destination has, directory by directory, the deepest first; without these paths. Names that the source does
 * not know mean nothing to it.
 */
export function* confirmations(engine: Engine, except: ReadonlySet<ByteString>): Generator<ConfirmedRecord> {
  const { single } = engine.job;
  if (single === undefined) return yield* confirmDirectory(engine, asByteString(""), except);
  if (except.has(single.source)) return;
  using directory = engine.openDestination(asByteString(""));
  const stat = directory.statEntry(single.destination);
  if (stat === undefined || statProblem(stat) !== undefined) return;
  yield { kind: "confirmed", path: [], entries: [confirmedAs(single.source, stat)] };
}

function* confirmDirectory(
  engine: Engine,
  path: ByteString,
  except: ReadonlySet<ByteString>,
): Generator<ConfirmedRecord> {
  const { entries, directories } = readEntries(engine, path, except);
  // The handle is closed by now, so that a deep tree needs no more than a flat one.
  for (const name of directories) yield* confirmDirectory(engine, joinBytes(path, name), except);
  const components = splitPath(path);
  for (let start = 0; start < entries.length; start += ENTRIES_PER_RECORD) {
    yield { kind: "confirmed", path: components, entries: entries.slice(start, start + ENTRIES_PER_RECORD) };
  }
}

function readEntries(
  engine: Engine,
  path: ByteString,
  except: ReadonlySet<ByteString>,
): { entries: ConfirmedEntry[]; directories: ByteString[] } {
  const entries: ConfirmedEntry[] = [];
  const directories: ByteString[] = [];
  using directory = engine.openDestination(path);
  for (const name of destinationNames(directory, () => engine.checkStopped()).names) {
    const stat = directory.statEntry(name);
    if (stat === undefined) continue;
    if (except.has(joinBytes(path, name))) continue;
    // What no record can carry has not come in one.
    if (stat.kind !== "directory" && statProblem(stat) !== undefined) continue;
    // A directory with something in it that failed is not empty at the source: it stays by itself.
    if (stat.kind === "directory") directories.push(name);
    entries.push(confirmedAs(name, stat));
  }
  return { entries, directories };
}

function confirmedAs(name: ByteString, { kind, size, mtimeSeconds, mtimeNanoseconds }: Stat): ConfirmedEntry {
  return { name, kind, ...(kind === "directory" ? NO_VERSION : { size, mtimeSeconds, mtimeNanoseconds }) };
}
