/**
 * What an engine needs of a source on another machine. Entries come with everything but their content, which is asked for and
 * arrives later; what has to wait for the end of the run is kept.
 *
 * @module
 */

import type { SourceDirectory } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import type { DestinationState } from "./job.ts";

/** A source whose contents arrive later. */
export interface RemoteSource {
  /** What has been kept of a directory of the source. */
  openDirectory(path: ByteString): SourceDirectory;
  /** A directory of the source takes part; the source will list it. */
  expectDirectory(path: ByteString, state: DestinationState): void;
  /** Keeps an entry that has to wait for the end. */
  keepEntry(pair: DirectoryPair, name: ByteString): void;
  /**
   * Keeps the metadata that a directory of the destination has to have at the end. Call it before something changes in one that
   * has been finished. The first call counts.
   */
  keepDirectory(path: ByteString): void;
  /** Asks for the content of a file; it is written when it arrives. */
  copy(pair: DirectoryPair, entry: Entry): void;
  /** Asks whether a file has the content that the destination has, and for the content if not. */
  compare(pair: DirectoryPair, entry: Entry): void;
}
