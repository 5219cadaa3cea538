/**
 * Searches as messages of the control plane, and back.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type FindRequest, FindRequestSchema, type FindResponse } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError } from "../../errors.ts";
import { type ByteString, fromBytes } from "../../paths/bytes.ts";
import { type FindQuery, type FoundDetails, KIND_NUMBERS } from "../find.ts";
import type { EntryKind } from "../../fs/types.ts";
import type { RemotePlace } from "../../wire/control/client.ts";
import { toLocation } from "../../wire/control/location.ts";

/** The message that asks. */
export function toFindRequest(place: RemotePlace, query: FindQuery): FindRequest {
  const { glob = "", kinds = [], minSizeBytes, maxSizeBytes, depth = 0, limit = 0, details } = query;
  const { modifiedBeforeSeconds: before, modifiedAfterSeconds: after } = query;
  return create(FindRequestSchema, {
    location: toLocation(place),
    glob,
    kinds: kinds.map((kind) => KIND_NUMBERS.indexOf(kind)),
    ...(minSizeBytes === undefined ? {} : { minSizeBytes: BigInt(minSizeBytes) }),
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes: BigInt(maxSizeBytes) }),
    ...(before === undefined ? {} : { modifiedBefore: timestampFromMs(before * 1000) }),
    ...(after === undefined ? {} : { modifiedAfter: timestampFromMs(after * 1000) }),
    depth,
    limit: BigInt(limit),
    details,
  });
}

/**
 * What is asked.
 *
 * @throws {BlitError} "usage" for a kind that this version does not know
 */
export function fromFindRequest(request: FindRequest): FindQuery {
  const { glob, kinds, minSizeBytes, maxSizeBytes, modifiedBefore, modifiedAfter, depth, limit, details } = request;
  return {
    ...(glob === "" ? {} : { glob }),
    ...(kinds.length === 0 ? {} : { kinds: [...new Set(kinds)].map(toKind) }),
    ...(minSizeBytes === undefined ? {} : { minSizeBytes: Number(minSizeBytes) }),
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes: Number(maxSizeBytes) }),
    ...(modifiedBefore === undefined ? {} : { modifiedBeforeSeconds: timestampMs(modifiedBefore) / 1000 }),
    ...(modifiedAfter === undefined ? {} : { modifiedAfterSeconds: timestampMs(modifiedAfter) / 1000 }),
    ...(depth === 0 ? {} : { depth }),
    ...(limit === 0n ? {} : { limit: Number(limit) }),
    details,
  };
}

function toKind(number: number): EntryKind {
  const kind = KIND_NUMBERS[number];
  if (kind !== undefined) return kind;
  throw new BlitError("usage", `Cannot look for entries of kind ${number}: this version does not know it`);
}

/** The columns of an answer. */
export interface FoundColumns {
  readonly names: ByteString;
  readonly kinds: Uint8Array;
  readonly details?: FoundDetails;
}

/** What was found; `server` is named where it makes no sense. */
export function fromFindResponse(response: FindResponse, server: string): FoundColumns {
  const { kinds, sizeBytes, modifiedSeconds, modifiedNanos } = response;
  const names = fromBytes(response.names);
  const isWhole = names === "" ? kinds.length === 0 : names.startsWith("/") && names.endsWith("\0");
  const hasDetails = sizeBytes.length > 0;
  const columns = hasDetails ? [sizeBytes.length, modifiedSeconds.length, modifiedNanos.length] : [];
  if (!isWhole || columns.some((length) => length !== kinds.length)) {
    throw new BlitError("protocol", `Cannot read what "${server}" has found: its answer makes no sense`);
  }
  if (!hasDetails) return { names, kinds };
  const details = {
    sizes: sizeBytes.map(Number),
    mtimeSeconds: modifiedSeconds.map(Number),
    mtimeNanoseconds: modifiedNanos,
  };
  return { names, kinds, details };
}
