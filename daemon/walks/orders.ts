/**
 * What a walk through a module is to do, and what it says. All of it is plain data, which crosses threads.
 *
 * @module
 */

import type { ModuleConfig } from "../../core/config/daemon_config.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { FileSystemFacts } from "../../core/fs/facts.ts";
import type { Stat } from "../../core/fs/types.ts";
import type { ByteString } from "../../core/paths/bytes.ts";
import type { DirectoryUsage } from "../../core/scan/disk_usage.ts";
import type { FindQuery, FoundDetails } from "../../core/scan/find.ts";

/** Where a walk begins. */
export interface WalkPlace {
  readonly module: ModuleConfig;
  readonly path: readonly ByteString[];
  /** As its user writes it behind the server's name. */
  readonly shown: string;
}

/** What can be asked for, and what is answered batch by batch. */
export interface Walks {
  "list": { readonly order: ListOrder; readonly result: ListedResult };
  "look": { readonly order: LookOrder; readonly result: LookedAt };
  "find": { readonly order: FindOrder; readonly result: FoundResult };
  "disk-usage": { readonly order: DiskUsageOrder; readonly result: UsageResult };
  "file-system": { readonly order: FileSystemOrder; readonly result: FileSystemResult };
  "remove": { readonly order: RemoveOrder; readonly result: RemovedResult };
}

/** The kinds of walks. */
export type WalkKind = keyof Walks;
/** Any order. */
export type WalkOrder = Walks[WalkKind]["order"];
/** Any answer. */
export type WalkResult = Walks[WalkKind]["result"];

/** The module that an order is for. */
export function moduleOf(order: WalkOrder): ModuleConfig {
  return order.kind === "file-system" ? order.module : order.place.module;
}

/** List a directory. */
export interface ListOrder {
  readonly kind: "list";
  readonly place: WalkPlace;
}

/** Look at one entry. */
export interface LookOrder {
  readonly kind: "look";
  readonly place: WalkPlace;
  /** Tell what it and the directories above it are called on this machine. */
  readonly withIdentities: boolean;
}

/** Find entries. */
export interface FindOrder {
  readonly kind: "find";
  readonly place: WalkPlace;
  readonly query: FindQuery;
}

/** Sum up what directories take. */
export interface DiskUsageOrder {
  readonly kind: "disk-usage";
  readonly place: WalkPlace;
  /** @default {all} */
  readonly depth: number | undefined;
}

/** Look how full the file system of a module is. */
export interface FileSystemOrder {
  readonly kind: "file-system";
  readonly module: ModuleConfig;
}

/** Remove an entry with everything below it. */
export interface RemoveOrder {
  readonly kind: "remove";
  /** Not the root of the module. */
  readonly place: WalkPlace;
  /** Count only. */
  readonly dryRun: boolean;
  /** Name what goes. */
  readonly entries: boolean;
  /** Refuse what is no directory. */
  readonly directoryOnly: boolean;
}

/** Something that could not be done with an entry. */
export interface WalkFailureResult {
  /** In the module, where the result says nothing else. */
  readonly path: ByteString;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Entries of one directory, in its own order. */
export interface ListedResult {
  readonly entries: readonly ListedEntry[];
  /** Their paths are names in the directory. */
  readonly failures: readonly WalkFailureResult[];
}

/** One entry; the root of a module has an empty name. */
export interface ListedEntry {
  readonly name: ByteString;
  readonly stat: Stat;
  /** Where a symbolic link points. */
  readonly target: ByteString | undefined;
}

/** One entry, with its identities if they were asked for. */
export interface LookedAt extends ListedEntry {
  readonly identities: readonly string[];
}

/** Entries that were found; see `FoundBatch`. */
export interface FoundResult {
  readonly names: Uint8Array<ArrayBuffer>;
  readonly kinds: Uint8Array<ArrayBuffer>;
  readonly details: FoundDetails | undefined;
  readonly failures: readonly WalkFailureResult[];
  readonly seen: number;
}

/** What directories take. */
export interface UsageResult {
  readonly directories: readonly DirectoryUsage[];
  readonly failures: readonly WalkFailureResult[];
  readonly seen: number;
}

/** The file system of a module; without facts it could not be told. */
export interface FileSystemResult {
  readonly module: string;
  readonly facts: FileSystemFacts | undefined;
}

/** What has gone. */
export interface RemovedResult {
  /** In the module, as far as they are wanted. */
  readonly paths: readonly ByteString[];
  /** In all, so far. */
  readonly removed: number;
  readonly failures: readonly WalkFailureResult[];
}
