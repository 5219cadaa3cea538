/**
 * `du`: what directories take, here or on a server.
 *
 * @module
 */

import { type BlitError, toBlitError } from "../core/errors.ts";
import { fsError } from "../core/fs/failures.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";
import { asByteString, encodeText } from "../core/paths/bytes.ts";
import { type DirectoryUsage, DiskUsage } from "../core/scan/disk_usage.ts";
import { inSlices } from "../core/scan/slices.ts";
import { baseName, parentOf } from "../core/transfer/run/resolve.ts";
import { connectTo, isDirectoryHere, loadAsk, placesOf, type Target } from "./target.ts";

/** What is known by now. */
export interface Measured {
  /** What the paths begin with. */
  readonly shown: string;
  /** Each after those below it. */
  readonly directories: readonly DirectoryUsage[];
  readonly failures: readonly BlitError[];
}

/** Options of {@linkcode measure}. */
export interface MeasureOptions {
  /** How many levels below the target are told apart. @default {all} */
  readonly depth?: number;
}

/**
 * Measures; directories come as soon as they are known.
 *
 * @throws {BlitError} whatever keeps the target itself from being measured
 */
export async function* measure(target: Target, options: MeasureOptions = {}): AsyncGenerator<Measured> {
  if (target.kind === "local") return yield* measureHere(target, options);
  using client = await connectTo(target);
  const { measureRemote } = await loadAsk();
  for (const { place, shown } of await placesOf(target, client)) {
    for await (const measured of measureRemote(client, place, options)) yield { ...measured, shown };
  }
}

async function* measureHere(
  { path, shown }: Extract<Target, { kind: "local" }>,
  options: MeasureOptions,
): AsyncGenerator<Measured> {
  const fileSystem = chooseFileSystem();
  if (!path.endsWith("/") && !isDirectoryHere(path)) {
    using parent = fileSystem.openRoot(parentOf(path));
    const stat = parent.statEntry(encodeText(baseName(path)));
    if (stat === undefined) throw fsError("not-found", "measure", path);
    const { allocatedBytes, size: sizeBytes } = stat;
    const usage = { path: asByteString(""), allocatedBytes, sizeBytes, files: 1, directories: 0 };
    return yield { shown, directories: [usage], failures: [] };
  }
  using directory = fileSystem.openRoot(path);
  for await (const { directories, failures } of inSlices(new DiskUsage({ directory, shown: path }, options))) {
    yield { shown, directories, failures: failures.map(({ error }) => toBlitError(error)) };
  }
}
