/**
 * The calls that walk through modules: `Find`, `DiskUsage`, `FileSystems` and `Remove`. The walking itself is done by other
 * threads; here requests become orders, and what they find becomes messages.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { BlitError } from "../../core/errors.ts";
import { splitPath } from "../../core/paths/byte_path.ts";
import { asByteString, type ByteString, toBytes } from "../../core/paths/bytes.ts";
import { parseGlob } from "../../core/scan/glob.ts";
import { fromFindRequest } from "../../core/scan/remote/find_messages.ts";
import { toWireCode } from "../../core/wire/control/error_codes.ts";
import {
  type DiskUsageRequest,
  type DiskUsageResponse,
  DiskUsageResponseSchema,
  type Failure,
  FailureSchema,
  type FileSystemsRequest,
  type FileSystemsResponse,
  FileSystemsResponseSchema,
  type FindRequest,
  type FindResponse,
  FindResponseSchema,
  type RemoveRequest,
  type RemoveResponse,
  RemoveResponseSchema,
} from "../../proto/blit/v2/blit_pb.ts";
import type { Exports } from "../exports.ts";
import { Litter } from "../walks/litter.ts";
import type { FileSystemResult, WalkFailureResult } from "../walks/orders.ts";
import type { WalkPool } from "../walks/walk_pool.ts";

/** What the calls work with. */
export interface WalksContext {
  readonly exports: Exports;
  readonly walks: WalkPool;
}

/** What an answer takes on its way to the socket: serialized, put into an envelope, and handed to HTTP/2. */
const COPIES = 4;

/** Answers `Find`. */
export async function* find(
  { exports, walks }: WalksContext,
  request: FindRequest,
  { signal }: HandlerContext,
): AsyncGenerator<FindResponse> {
  const place = exports.locate(request.location);
  const query = fromFindRequest(request);
  const litter = new Litter();
  if (query.glob !== undefined) parseGlob(query.glob);
  for await (
    const { names, kinds, details, failures, seen } of walks.run<"find">({ kind: "find", place, query }, signal)
  ) {
    const columns = details === undefined ? {} : {
      sizeBytes: details.sizes.map(BigInt),
      modifiedSeconds: details.mtimeSeconds.map(BigInt),
      modifiedNanos: [...details.mtimeNanoseconds],
    };
    // Sizes and times are about 20 bytes an entry.
    const bytes = names.length + (details === undefined ? 1 : 20) * kinds.length;
    yield create(FindResponseSchema, {
      names,
      kinds,
      ...columns,
      failures: failures.map(toFailure),
      seen: BigInt(seen),
    });
    litter.add(COPIES * bytes);
  }
}

/** Answers `DiskUsage`. */
export async function* diskUsage(
  { exports, walks }: WalksContext,
  { location, depth }: DiskUsageRequest,
  { signal }: HandlerContext,
): AsyncGenerator<DiskUsageResponse> {
  const place = exports.locate(location);
  for await (const result of walks.run<"disk-usage">({ kind: "disk-usage", place, depth }, signal)) {
    const { directories, failures, seen } = result;
    yield create(DiskUsageResponseSchema, {
      paths: packNames(directories.map(({ path }) => path)),
      allocatedBytes: directories.map(({ allocatedBytes }) => BigInt(allocatedBytes)),
      sizeBytes: directories.map(({ sizeBytes }) => BigInt(sizeBytes)),
      files: directories.map(({ files }) => BigInt(files)),
      directories: directories.map(({ directories }) => BigInt(directories)),
      failures: failures.map(toFailure),
      seen: BigInt(seen),
    });
  }
}

/** Answers `FileSystems`. */
export async function* fileSystems(
  { exports, walks }: WalksContext,
  request: FileSystemsRequest,
  { signal }: HandlerContext,
): AsyncGenerator<FileSystemsResponse> {
  const modules = request.modules.length === 0
    ? exports.modules
    : request.modules.map((module) => exports.locate({ module, path: [] }).module);
  // Whoever asks for all hears of those that answer before the one that does not.
  const answering = modules.filter((module) => !walks.isHeldUp(module));
  for (const module of new Set([...answering, ...modules])) {
    for await (const result of walks.run<"file-system">({ kind: "file-system", module }, signal)) {
      yield toFileSystem(result);
    }
  }
}

function toFileSystem({ module, facts }: FileSystemResult): FileSystemsResponse {
  return create(FileSystemsResponseSchema, {
    module,
    type: facts?.type ?? "unknown",
    ...(facts === undefined ? { failure: untold(module) } : {
      totalBytes: BigInt(facts.totalBytes),
      usedBytes: BigInt(facts.usedBytes),
      freeBytes: BigInt(facts.freeBytes),
      totalEntries: BigInt(facts.totalEntries),
      freeEntries: BigInt(facts.freeEntries),
    }),
  });
}

/** Answers `Remove`. */
export async function* remove(
  { exports, walks }: WalksContext,
  request: RemoveRequest,
  { signal }: HandlerContext,
): AsyncGenerator<RemoveResponse> {
  if (request.$unknown !== undefined && request.$unknown.length > 0) {
    throw new BlitError("protocol", "Cannot remove anything with options that this version does not know", {
      hint: "Update the older of the two programs",
    });
  }
  const place = exports.locate(request.location);
  const { module, shown, path } = place;
  if (path.length === 0) throw new BlitError("refused", `Cannot remove "${shown}": it is the root of a module`);
  if (module.readOnly) {
    throw new BlitError("read-only", `Cannot remove "${shown}": module "${module.name}" is read-only`);
  }
  const { dryRun, entries, directoryOnly } = request;
  const order = { kind: "remove", place, dryRun, entries, directoryOnly } as const;
  for await (const { paths, removed, failures } of walks.run<"remove">(order, signal)) {
    yield create(RemoveResponseSchema, {
      paths: packNames(paths),
      removed: BigInt(removed),
      failures: failures.map(toFailure),
    });
  }
}

/** Each with a NUL behind it, which no name contains. */
function packNames(names: readonly ByteString[]): Uint8Array<ArrayBuffer> {
  return toBytes(asByteString(names.map((name) => `${name}\0`).join("")));
}

/** The message for something that could not be looked at. */
export function toFailure({ path, code, message }: WalkFailureResult): Failure {
  return create(FailureSchema, { path: splitPath(path).map(toBytes), code: toWireCode(code), message });
}

function untold(module: string): Failure {
  const message = `Cannot tell how full the file system of "/${module}" is: the platform or the permissions do not say`;
  return create(FailureSchema, { code: toWireCode("unsupported"), message });
}
