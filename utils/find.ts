/**
 * `find`: entries of a tree that fit a description, here or on a server.
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";
import { Find, type FindQuery, type FoundBatch } from "../core/scan/find.ts";
import { parseGlob } from "../core/scan/glob.ts";
import { inSlices } from "../core/scan/slices.ts";
import { connectTo, loadAsk, placesOf, type Target } from "./target.ts";

/** Entries, packed as {@linkcode FoundBatch} has them. */
export interface Found extends Pick<FoundBatch, "names" | "details"> {
  /** What the paths of these entries begin with. */
  readonly shown: string;
  /** As `KIND_NUMBERS` has them. */
  readonly kinds: Uint8Array;
  readonly failures: readonly BlitError[];
}

/**
 * Searches; entries come as they are found.
 *
 * @throws {BlitError} "usage" for a pattern without meaning, and whatever keeps the target itself from being searched
 */
export async function* find(target: Target, query: FindQuery): AsyncGenerator<Found> {
  if (query.glob !== undefined) parseGlob(query.glob);
  if (target.kind === "local") return yield* findHere(target, query);
  using client = await connectTo(target);
  const { findRemote } = await loadAsk();
  let { limit } = query;
  for (const { place, shown } of await placesOf(target, client)) {
    const rest = limit === undefined ? query : { ...query, limit };
    if (limit === 0) return;
    for await (const found of findRemote(client, place, rest)) {
      yield { ...found, shown };
      if (limit !== undefined) limit -= found.kinds.length;
    }
  }
}

async function* findHere(
  { path, shown }: Extract<Target, { kind: "local" }>,
  query: FindQuery,
): AsyncGenerator<Found> {
  if (query.limit === 0) return;
  using directory = chooseFileSystem().openRoot(path);
  const work = new Find({ directory, shown: path }, query);
  for await (const { failures, ...found } of inSlices(work)) {
    yield { ...found, shown, failures: failures.map(({ error }) => error) };
  }
}
