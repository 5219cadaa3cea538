/**
 * From an order to the work that answers it, on whichever thread that is.
 *
 * @module
 */

import { toBlitError } from "../../core/errors.ts";
import { asByteString, joinBytes, toBytes } from "../../core/paths/bytes.ts";
import { DiskUsage, type UsageBatch } from "../../core/scan/disk_usage.ts";
import { Find, type FoundBatch } from "../../core/scan/find.ts";
import type { Work } from "../../core/scan/slices.ts";
import type { WalkFailure } from "../../core/scan/walk.ts";
import { type ModuleAccess, withShownPath } from "../exports.ts";
import { Listing } from "./listing.ts";
import { openPlace } from "./open_place.ts";
import type {
  DiskUsageOrder,
  FindOrder,
  FoundResult,
  UsageResult,
  WalkFailureResult,
  WalkOrder,
  WalkPlace,
  WalkResult,
} from "./orders.ts";
import { Removal } from "./removal.ts";
import { SingleLook } from "./single_look.ts";

/**
 * Begins with an order.
 *
 * @throws {BlitError} whatever keeps the place itself from being walked through
 */
export function openWork(access: ModuleAccess, order: WalkOrder): Work<WalkResult> {
  switch (order.kind) {
    case "list":
      return new Listing(access, order.place);
    case "look":
      return new SingleLook(access, order);
    case "find":
      return openFind(access, order);
    case "disk-usage":
      return openDiskUsage(access, order);
    case "file-system": {
      const { name, path } = order.module;
      return workOfOne({ module: name, facts: access.fileSystem.factsOf(path) });
    }
    case "remove":
      return new Removal(access, order);
  }
}

function openFind(access: ModuleAccess, { place, query }: FindOrder): Work<FoundResult> {
  const root = openPlace(access, place, "search");
  const find = attempt(() => new Find(root, query), () => root.directory.close());
  return translate(find, () => root.directory.close(), ({ names, kinds, details, failures, seen }: FoundBatch) => ({
    names: toBytes(names),
    kinds,
    details,
    failures: toResults(failures, place),
    seen,
  }));
}

function openDiskUsage(access: ModuleAccess, { place, depth }: DiskUsageOrder): Work<UsageResult> {
  if (place.path.length > 0) {
    const single = usageOfSingle(access, place);
    if (single !== undefined) return single;
  }
  const root = openPlace(access, place, "measure");
  const options = depth === undefined ? {} : { depth };
  const usage = attempt(() => new DiskUsage(root, options), () => root.directory.close());
  return translate(usage, () => root.directory.close(), ({ directories, failures, seen }: UsageBatch) => ({
    directories,
    failures: toResults(failures, place),
    seen,
  }));
}

/** Of something that is no directory; `undefined` for one. */
function usageOfSingle(access: ModuleAccess, place: WalkPlace): Work<UsageResult> | undefined {
  const { path, shown } = place;
  const parent = openPlace(access, { ...place, path: path.slice(0, -1) }, "measure");
  using directory = parent.directory;
  const stat = withShownPath("measure", shown, () => directory.statEntry(path.at(-1)!));
  if (stat === undefined || stat.kind === "directory") return undefined;
  const { allocatedBytes, size: sizeBytes } = stat;
  const usage = { path: asByteString(""), allocatedBytes, sizeBytes, files: 1, directories: 0 };
  return workOfOne({ directories: [usage], failures: [], seen: 1 });
}

/** Nothing to do any more. */
function workOfOne<T>(value: T): Work<T> {
  let result: T | undefined = value;
  return {
    isFull: true,
    step: () => false,
    take() {
      const taken = result;
      result = undefined;
      return taken;
    },
    close() {},
  };
}

/** The same work, with what it gathers as something else. */
function translate<From, To>(work: Work<From>, close: () => void, toResult: (from: From) => To): Work<To> {
  return {
    get isFull() {
      return work.isFull;
    },
    step: () => work.step(),
    take() {
      const taken = work.take();
      return taken === undefined ? undefined : toResult(taken);
    },
    close() {
      work.close();
      close();
    },
  };
}

function toResults(failures: readonly WalkFailure[], { path: above }: WalkPlace): WalkFailureResult[] {
  const prefix = asByteString(above.join("/"));
  return failures.map(({ path, error }) => {
    const { code, message } = toBlitError(error);
    return { path: path === "" ? prefix : joinBytes(prefix, path), code, message };
  });
}

function attempt<T>(call: () => T, giveBack: () => void): T {
  try {
    return call();
  } catch (error) {
    giveBack();
    throw error;
  }
}
