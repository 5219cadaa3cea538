/**
 * A daemon walks through its modules for a client.
 *
 * @module
 */

import type { Failure } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError } from "../../errors.ts";
import type { FileSystemFacts } from "../../fs/facts.ts";
import { type ByteString, fromBytes } from "../../paths/bytes.ts";
import type { CallOptions, ControlClient } from "../../wire/control/client.ts";
import { fromWireCode } from "../../wire/control/error_codes.ts";
import { type RemotePlace, toLocation } from "../../wire/control/location.ts";
import type { DirectoryUsage } from "../disk_usage.ts";
import type { FindQuery } from "../find.ts";
import { type FoundColumns, fromFindResponse, toFindRequest } from "./find_messages.ts";

/** What could not be looked at. Texts are to be cleaned before they are printed. */
interface WithFailures {
  readonly failures: readonly BlitError[];
}

/** The entries below a directory that fit. */
export async function* findRemote(
  client: ControlClient,
  place: RemotePlace,
  query: FindQuery,
  options?: CallOptions,
): AsyncGenerator<FoundColumns & WithFailures> {
  const request = toFindRequest(place, query);
  for await (const response of client.stream((call) => client.service.find(request, call), options)) {
    yield { ...fromFindResponse(response, client.server), failures: response.failures.map(toError) };
  }
}

/** What the directories below a place take. */
export async function* measureRemote(
  client: ControlClient,
  place: RemotePlace,
  { depth, ...options }: CallOptions & { depth?: number },
): AsyncGenerator<{ readonly directories: readonly DirectoryUsage[] } & WithFailures> {
  const request = { location: toLocation(place), ...(depth === undefined ? {} : { depth }) };
  for await (const response of client.stream((call) => client.service.diskUsage(request, call), options)) {
    const { allocatedBytes, sizeBytes, files, directories } = response;
    const paths = unpackNames(response.paths);
    if ([allocatedBytes, sizeBytes, files, directories].some(({ length }) => length !== paths.length)) {
      throw new BlitError("protocol", `Cannot read what "${client.server}" has measured: its answer makes no sense`);
    }
    yield {
      directories: paths.map((path, i) => ({
        path,
        allocatedBytes: Number(allocatedBytes[i]),
        sizeBytes: Number(sizeBytes[i]),
        files: Number(files[i]),
        directories: Number(directories[i]),
      })),
      failures: response.failures.map(toError),
    };
  }
}

/** The file system of a module. */
export interface RemoteFileSystem {
  /** Empty for the default root. */
  readonly module: string;
  /** What is known of it, or why nothing is. */
  readonly facts: Omit<FileSystemFacts, "mayHang"> | BlitError;
}

/** How full the file systems of modules are; without names those of all. */
export async function* fileSystemsRemote(
  client: ControlClient,
  modules: readonly string[],
  options?: CallOptions,
): AsyncGenerator<RemoteFileSystem> {
  const request = { modules: [...modules] };
  for await (const response of client.stream((call) => client.service.fileSystems(request, call), options)) {
    const { module, type, totalBytes, usedBytes, freeBytes, totalEntries, freeEntries, failure } = response;
    const facts = {
      type,
      totalBytes: Number(totalBytes),
      usedBytes: Number(usedBytes),
      freeBytes: Number(freeBytes),
      totalEntries: Number(totalEntries),
      freeEntries: Number(freeEntries),
    };
    yield { module, facts: failure === undefined ? facts : toError(failure) };
  }
}

/** Options of {@linkcode removeRemote}. */
export interface RemoveOptions extends CallOptions {
  /** Count only. */
  readonly dryRun: boolean;
  /** Name what goes. */
  readonly entries: boolean;
  /** Refuse what is no directory. */
  readonly directoryOnly: boolean;
}

/** What has gone by now. */
export interface Removed extends WithFailures {
  /** In the module, where they are wanted. */
  readonly paths: readonly ByteString[];
  /** In all, so far. */
  readonly removed: number;
}

/** Removes an entry with everything below it. */
export async function* removeRemote(
  client: ControlClient,
  place: RemotePlace,
  { dryRun, entries, directoryOnly, ...options }: RemoveOptions,
): AsyncGenerator<Removed> {
  const request = { location: toLocation(place), dryRun, entries, directoryOnly };
  for await (const response of client.stream((call) => client.service.remove(request, call), options)) {
    const { paths, removed, failures } = response;
    yield { paths: unpackNames(paths), removed: Number(removed), failures: failures.map(toError) };
  }
}

function unpackNames(packed: Uint8Array): ByteString[] {
  return fromBytes(packed).split("\0").slice(0, -1) as ByteString[];
}

function toError({ code, message }: Failure): BlitError {
  return new BlitError(fromWireCode(code), message);
}
