/**
 * The calls that look and change nothing: `List` and `Stat`.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { BlitError, toBlitError } from "../../core/errors.ts";
import { fsError } from "../../core/fs/failures.ts";
import type { Directory, ListedBatch } from "../../core/fs/types.ts";
import { asByteString, type ByteString, displayName, toBytes } from "../../core/paths/bytes.ts";
import { toWireCode } from "../../core/wire/control/error_codes.ts";
import {
  type Entry,
  type Failure,
  FailureSchema,
  type ListRequest,
  type ListResponse,
  ListResponseSchema,
  type StatRequest,
  type StatResponse,
  StatResponseSchema,
} from "../../proto/blit/v2/blit_pb.ts";
import { type Exports, isChanged, lookInto, type Place, withShownPath } from "../exports.ts";
import { entryWithoutTarget, toEntry } from "./entries.ts";

/** Entries of one message: at most 250 KiB of names and 1 MiB of link targets would fit; usual ones take 50 KiB. */
const BATCH_ENTRIES = 200;

/** Answers `List`. */
export async function* list(
  exports: Exports,
  request: ListRequest,
  { signal }: HandlerContext,
): AsyncGenerator<ListResponse> {
  const place = exports.locate(request.location);
  using directory = await exports.openLater(place, "list");
  const look = <T>(call: () => T): Promise<T> => lookInto(directory, () => withShownPath("list", place.shown, call));
  for await (const names of batches(directory, look)) {
    yield await look(() => describeBatch(directory, place, names));
    // Lets other calls in, and learns that the client has gone.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
}

/** Answers `Stat`. */
export async function stat(exports: Exports, request: StatRequest): Promise<StatResponse> {
  const place = exports.locate(request.location);
  const name = place.path.at(-1);
  const parent = { ...place, path: place.path.slice(0, -1) };
  using directory = await exports.openLater(parent, "inspect");
  const describe = (): Entry => {
    if (name === undefined) return entryWithoutTarget(asByteString(""), directory.stat());
    const found = directory.statEntry(name);
    if (found === undefined) throw new BlitError("not-found", "");
    return toEntry(directory, name, found);
  };
  const entry = await lookInto(directory, () => withShownPath("inspect", place.shown, describe));
  return create(StatResponseSchema, { entry });
}

interface NameBatch {
  readonly names: readonly ByteString[];
  readonly damaged: readonly string[];
}

/** The names of a directory, cut into pieces that fit a message. */
async function* batches(directory: Directory, look: <T>(call: () => T) => Promise<T>): AsyncGenerator<NameBatch> {
  let listing: Iterator<ListedBatch> | undefined;
  for (;;) {
    const { done, value } = await look(() => {
      listing ??= directory.list()[Symbol.iterator]();
      try {
        return listing.next();
      } catch (error) {
        listing = undefined; // what has thrown has ended
        throw error;
      }
    });
    if (done) return;
    for (let i = 0; i < value.names.length; i += BATCH_ENTRIES) {
      yield { names: value.names.slice(i, i + BATCH_ENTRIES), damaged: [] };
    }
    for (let i = 0; i < value.damaged.length; i += BATCH_ENTRIES) {
      yield { names: [], damaged: value.damaged.slice(i, i + BATCH_ENTRIES) };
    }
  }
}

function describeBatch(directory: Directory, place: Place, { names, damaged }: NameBatch): ListResponse {
  const response = create(ListResponseSchema);
  for (const name of names) {
    try {
      const found = directory.statEntry(name);
      // An entry that is gone since it was listed is no entry.
      if (found !== undefined) response.entries.push(toEntry(directory, name, found));
    } catch (error) {
      if (isChanged(error)) throw error;
      response.failures.push(failureOf(place, displayName(name), toBytes(name), error));
    }
  }
  for (const name of damaged) {
    const error = new BlitError("invalid-name", "");
    response.failures.push(failureOf(place, name, new TextEncoder().encode(name), error));
  }
  return response;
}

function failureOf({ shown }: Place, name: string, bytes: Uint8Array<ArrayBuffer>, thrown: unknown): Failure {
  const error = toBlitError(thrown);
  const reason = error.code === "invalid-name"
    ? { reason: "the name is not UTF-8, which needs the native file system" }
    : {};
  const { message } = fsError(error.code, "inspect", `${shown}/${name}`, error, reason);
  return create(FailureSchema, { path: [bytes], code: toWireCode(error.code), message });
}
