/**
 * Options of a transfer as a message of the control plane, and back.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  Comparison as WireComparison,
  type TransferOptions,
  TransferOptionsSchema,
  Verb as WireVerb,
} from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError } from "../../errors.ts";
import type { Verb } from "../../events.ts";
import { displayName, encodeText, fromBytes, toBytes } from "../../paths/bytes.ts";
import type { Comparison, MirrorOptions } from "../options.ts";

const COMPARISONS: Readonly<Record<Comparison, WireComparison>> = {
  "size-and-time": WireComparison.SIZE_AND_TIME,
  "checksum": WireComparison.CHECKSUM,
  "size-only": WireComparison.SIZE_ONLY,
  "ignore-times": WireComparison.IGNORE_TIMES,
  "ignore-existing": WireComparison.IGNORE_EXISTING,
};

const VERBS: Readonly<Record<Verb, WireVerb>> = {
  copy: WireVerb.COPY,
  mirror: WireVerb.MIRROR,
  move: WireVerb.MOVE,
  verify: WireVerb.VERIFY,
};

/** The number of a verb. */
export function toWireVerb(verb: Verb): WireVerb {
  return VERBS[verb];
}

/** The verb of a number. */
export function fromWireVerb(wire: WireVerb): Verb {
  const [found] = Object.entries(VERBS).find(([, value]) => value === wire) ?? [];
  if (found === undefined) {
    throw new BlitError("protocol", `Cannot carry out verb ${wire}: this version does not know it`);
  }
  return found as Verb;
}

/** What of the options concerns the other side. Ages become moments, by this clock. */
export function toWireOptions(options: MirrorOptions): TransferOptions {
  const { comparison, minSizeBytes, maxSizeBytes, minAgeMs, maxAgeMs, filesFrom, maxDelete } = options;
  const now = Date.now();
  return create(TransferOptionsSchema, {
    comparison: comparison === undefined ? WireComparison.UNSPECIFIED : COMPARISONS[comparison],
    dryRun: options.dryRun ?? false,
    force: options.force ?? false,
    resume: options.resume ?? false,
    entryEvents: options.entryEvents ?? false,
    exclude: [...options.exclude ?? []],
    include: [...options.include ?? []],
    ...(minSizeBytes === undefined ? {} : { minSizeBytes: BigInt(Math.ceil(minSizeBytes)) }),
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes: BigInt(Math.floor(maxSizeBytes)) }),
    ...(minAgeMs === undefined ? {} : { modifiedBefore: timestampFromMs(now - minAgeMs) }),
    ...(maxAgeMs === undefined ? {} : { modifiedAfter: timestampFromMs(now - maxAgeMs) }),
    filesFrom: (filesFrom ?? []).map((path) => toBytes(encodeText(path))),
    restrictToFiles: filesFrom !== undefined,
    deleteExcluded: options.deleteExcluded ?? false,
    ...(maxDelete === undefined ? {} : { maxDelete: BigInt(maxDelete) }),
    allowEmptySource: options.allowEmptySource ?? false,
    deleteWithoutQuestion: options.confirmDeletions === undefined,
  });
}

/**
 * The options of a message, without what only this side can add.
 *
 * @throws {BlitError} "protocol" for what this version does not know: an option that is ignored in silence could delete what it
 *   was to protect
 */
export function fromWireOptions(wire: TransferOptions | undefined): MirrorOptions {
  if (wire === undefined) return {};
  if (wire.$unknown !== undefined && wire.$unknown.length > 0) {
    throw new BlitError("protocol", "Cannot carry out a transfer with options that this version does not know", {
      hint: "Update the older of the two programs",
    });
  }
  const now = Date.now();
  const { minSizeBytes, maxSizeBytes, modifiedBefore, modifiedAfter, maxDelete } = wire;
  const comparison = fromWireComparison(wire.comparison);
  return {
    ...(comparison === undefined ? {} : { comparison }),
    dryRun: wire.dryRun,
    force: wire.force,
    resume: wire.resume,
    entryEvents: wire.entryEvents,
    exclude: wire.exclude,
    include: wire.include,
    ...(minSizeBytes === undefined ? {} : { minSizeBytes: Number(minSizeBytes) }),
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes: Number(maxSizeBytes) }),
    ...(modifiedBefore === undefined ? {} : { minAgeMs: Math.max(0, now - timestampMs(modifiedBefore)) }),
    ...(modifiedAfter === undefined ? {} : { maxAgeMs: Math.max(0, now - timestampMs(modifiedAfter)) }),
    ...(wire.restrictToFiles ? { filesFrom: wire.filesFrom.map((path) => displayName(fromBytes(path))) } : {}),
    deleteExcluded: wire.deleteExcluded,
    ...(maxDelete === undefined ? {} : { maxDelete: Number(maxDelete) }),
    allowEmptySource: wire.allowEmptySource,
  };
}

function fromWireComparison(wire: WireComparison): Comparison | undefined {
  if (wire === WireComparison.UNSPECIFIED) return undefined;
  const [found] = Object.entries(COMPARISONS).find(([, value]) => value === wire) ?? [];
  if (found !== undefined) return found as Comparison;
  throw new BlitError("protocol", `Cannot compare by rule ${wire}: this version does not know it`);
}
