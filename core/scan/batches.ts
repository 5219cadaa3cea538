/**
 * The source side of one directory: names in batches, each ready to be looked at or handed to another worker.
 *
 * @module
 */

import type { Directory, ListedBatch } from "../fs/types.ts";
import type { ByteString } from "../paths/bytes.ts";
import type { Filter } from "./filter.ts";

/**
 * Names of a directory in batches of about a thousand, without their metadata. Where the filter has a list, the names of the
 * list are given instead, whether they exist or not.
 */
export function* sourceBatches(directory: Listable, path: ByteString, filter: Filter): Generator<ListedBatch> {
  const listed = filter.namesIn(path);
  if (listed === undefined) yield* directory.list();
  else yield { names: listed, damaged: [] };
}

/** What can list its names. */
type Listable = Pick<Directory, "list">;

/** All names of a directory. */
export interface AllNames {
  readonly names: Set<ByteString>;
  /** Readable forms of those that cannot be spelled. */
  readonly damaged: string[];
}

/**
 * All names of a destination directory. Kept whole: a source name is looked up here, what is left over is extraneous.
 *
 * @param onBatch called after every batch; whatever it throws ends the listing
 */
export function destinationNames(directory: Listable, onBatch: () => void = () => {}): AllNames {
  const names = new Set<ByteString>();
  const damaged: string[] = [];
  for (const batch of directory.list()) {
    for (const name of batch.names) names.add(name);
    for (const readable of batch.damaged) damaged.push(readable);
    onBatch();
  }
  return { names, damaged };
}
