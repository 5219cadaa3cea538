/**
 * What a client that pushes tells a worker that is to answer requests for ranges of large files.
 *
 * @module
 */

import type { ByteString } from "../../paths/bytes.ts";
import type { FilterRules } from "../../scan/filter.ts";

/** The only message to it. */
export interface ServeRanges {
  readonly host: string;
  readonly port: number;
  readonly token: Uint8Array;
  readonly fileSystem: "native" | "portable";
  readonly root: string;
  readonly shownRoot: string;
  readonly single: ByteString | undefined;
  readonly filter: FilterRules;
}
