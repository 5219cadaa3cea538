/**
 * What the thread that decides and one that writes ranges of large files say to each other. Plain data, and a way for it that
 * a worker and a message port have in common.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { Job } from "../threads/job.ts";

/** Where a helper writes. */
export interface RangeTarget extends Pick<Job, "fileSystem"> {
  /** The root of the destination. */
  readonly destination: string;
  /** The same from the root of the module, in a daemon. */
  readonly beneath: ByteString | undefined;
}

/** A range to be asked for and written. */
export interface RangeOrder {
  readonly id: number;
  /** The file at the source, from the root of the transfer. */
  readonly source: readonly ByteString[];
  /** The directory of the destination, from its root, and the unfinished file in it. */
  readonly directory: ByteString;
  readonly name: ByteString;
  readonly start: number;
  readonly end: number;
}

/** To a helper. */
export type RangeCommand =
  | { readonly type: "begin"; readonly target: RangeTarget } // the first one
  | { readonly type: "range"; readonly order: RangeOrder }
  | { readonly type: "end" } // nothing more is wanted
  | { readonly type: "stop" }; // nor is what it is doing; answered with "lost" when it writes no more

/** To a helper that is a worker of a client, before everything else: which lane is its own. */
export interface OpenRangeLane {
  readonly type: "open";
  readonly host: string;
  readonly port: number;
  readonly token: Uint8Array;
}

/** How a range ended. */
export type RangeOutcome =
  | { readonly kind: "whole"; readonly stat: Stat | undefined } // what the source was after it had been read
  | { readonly kind: "changed"; readonly stat: Stat | undefined }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };

/** From a helper. */
export type RangeReport =
  | { readonly type: "ready" } // its lane is open
  | { readonly type: "alive" } // its thread is not stuck in a call; every second
  | { readonly type: "done"; readonly id: number; readonly outcome: RangeOutcome }
  | { readonly type: "lost" }; // its lane is gone, with everything that was not done

/** The way to a helper. */
export interface RangePort {
  post(command: RangeCommand): void;
  /** Gets what the helper says, from now on. */
  listen(onReport: (report: RangeReport) => void): void;
  /** Ends the helper, at once. */
  close(): void;
}

/** Lanes that may be had for ranges of large files. */
export interface RangeLanes {
  /** Most of them; 0 where there can be none. */
  most(): number;
  /** Asks for one more. It comes when it comes, or never. */
  wish(): void;
  /** Gets each that has come. */
  listen(onPort: (port: RangePort) => void): void;
}
