/**
 * One entry on both sides.
 *
 * @module
 */

import type { Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";

/** An entry of the source and its place at the destination. */
export interface Entry {
  readonly name: ByteString;
  readonly destinationName: ByteString;
  readonly source: Stat;
  readonly destination: Stat | undefined;
}
