/**
 * What the main thread and a walking worker say to each other.
 *
 * @module
 */

import type { FileSystem } from "../../core/fs/types.ts";
import type { PlainError } from "../sessions/messages.ts";
import type { WalkOrder, WalkResult } from "./orders.ts";

/** Results on their way to a client, of at most about 100 KiB each: enough to be busy while one is being sent. */
export const MOST_RESULTS = 2;

/** To a worker; `id` is the walk's. */
export type WalkCommand =
  | WalkSetup // the first one
  | { readonly type: "start"; readonly id: number; readonly order: WalkOrder } // answered with results, then "ended"
  | { readonly type: "taken"; readonly id: number } // one of its results has gone on
  | { readonly type: "cancel"; readonly id: number };

/** How a worker is set up. */
export interface WalkSetup {
  readonly type: "set-up";
  readonly fileSystem: FileSystem["name"];
  /** From `createModuleLock`. */
  readonly lock: SharedArrayBuffer;
  /** That of a `WalkProgress`. */
  readonly progress: SharedArrayBuffer;
}

/** From a worker. */
export type WalkReport =
  | { readonly type: "result"; readonly id: number; readonly result: WalkResult }
  | { readonly type: "ended"; readonly id: number; readonly error: PlainError | undefined };
