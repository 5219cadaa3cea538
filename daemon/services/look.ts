/**
 * The calls that look and change nothing: `List` and `Stat`.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { BlitError, toBlitError } from "../../core/errors.ts";
import { fsError } from "../../core/fs/failures.ts";
import { asByteString, type ByteString, displayName, toBytes } from "../../core/paths/bytes.ts";
import { toWireCode } from "../../core/wire/control/errors.ts";
import {
  type Failure,
  FailureSchema,
  type ListRequest,
  type ListResponse,
  ListResponseSchema,
  type StatRequest,
  type StatResponse,
  StatResponseSchema,
} from "../../proto/blit/v2/blit_pb.ts";
import { type Exports, type Opened, type Place, withShownPath } from "../exports.ts";
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
  using opened = exports.open(place, "list");
  for (const names of batches(opened, place)) {
    const response = withShownPath("list", place.shown, () => describeBatch(opened, place, names));
    opened.verify();
    yield response;
    // Lets other calls in, and learns that the client has gone.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
}

/** Answers `Stat`. */
export function stat(exports: Exports, request: StatRequest): StatResponse {
  const place = exports.locate(request.location);
  const name = place.path.at(-1);
  const parent = { ...place, path: place.path.slice(0, -1) };
  using opened = exports.open(parent, "inspect");
  const { directory } = opened;
  const entry = withShownPath("inspect", place.shown, () => {
    if (name === undefined) return entryWithoutTarget(asByteString(""), directory.stat());
    const found = directory.statEntry(name);
    if (found === undefined) throw new BlitError("not-found", "");
    return toEntry(directory, name, found);
  });
  opened.verify();
  return create(StatResponseSchema, { entry });
}

interface NameBatch {
  readonly names: readonly ByteString[];
  readonly damaged: readonly string[];
}

/** The names of a directory, cut into pieces that fit a message. */
function* batches({ directory }: Opened, { shown }: Place): Generator<NameBatch> {
  const listing = directory.list()[Symbol.iterator]();
  for (;;) {
    const { done, value } = withShownPath("list", shown, () => listing.next());
    if (done) return;
    for (let i = 0; i < value.names.length; i += BATCH_ENTRIES) {
      yield { names: value.names.slice(i, i + BATCH_ENTRIES), damaged: [] };
    }
    for (let i = 0; i < value.damaged.length; i += BATCH_ENTRIES) {
      yield { names: [], damaged: value.damaged.slice(i, i + BATCH_ENTRIES) };
    }
  }
}

function describeBatch({ directory }: Opened, place: Place, { names, damaged }: NameBatch): ListResponse {
  const response = create(ListResponseSchema);
  for (const name of names) {
    try {
      const found = directory.statEntry(name);
      // An entry that is gone since it was listed is no entry.
      if (found !== undefined) response.entries.push(toEntry(directory, name, found));
    } catch (error) {
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
