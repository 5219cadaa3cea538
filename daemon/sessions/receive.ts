/**
 * A client pushes: this daemon decides and writes.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { BlitError, toBlitError } from "../../core/errors.ts";
import type { EventBody, TransferSummary } from "../../core/events.ts";
import { cleanText, displayName, fromBytes } from "../../core/paths/bytes.ts";
import { receiveName } from "../../core/paths/receive_path.ts";
import { start } from "../../core/transfer/mod.ts";
import type { DeletionPlan, MirrorOptions } from "../../core/transfer/options.ts";
import type { RangeLanes } from "../../core/transfer/receiving/range_messages.ts";
import { toWireEnd, toWireEvent } from "../../core/transfer/remote/event_messages.ts";
import { fromWireOptions, fromWireVerb } from "../../core/transfer/remote/option_messages.ts";
import type { RemoteOrigin } from "../../core/transfer/run/orchestrator.ts";
import { fromWireIdentities } from "../../core/wire/control/identities.ts";
import { type Carrier, Lane } from "../../core/wire/mod.ts";
import { type TransferEvent, TransferEventSchema, type TransferOpen } from "../../proto/blit/v2/blit_pb.ts";
import type { Exports, Place } from "../exports.ts";

/** Characters of a source's label that messages show: a peer chooses how long it is. */
const MOST_LABEL_CHARACTERS = 1024;

/** What a session that receives works with. */
export interface ReceiveSessionOptions {
  readonly exports: Exports;
  readonly place: Place;
  readonly open: TransferOpen;
  /** The client, for messages. */
  readonly peer: string;
  readonly carrier: Promise<Carrier>;
  readonly tell: (event: TransferEvent) => void;
  /** Resolves with the client's answer to a question that was told. */
  readonly answer: () => Promise<boolean>;
  /** Further lanes that may be had for large files. */
  readonly lanes: RangeLanes;
  readonly signal: AbortSignal;
}

/** Refuses what this module does not take, before anything else is done. */
export function checkReceiving(
  { open, place }: { open: Pick<TransferOpen, "verb" | "options">; place: Place },
): void {
  const verb = fromWireVerb(open.verb);
  const { dryRun } = fromWireOptions(open.options);
  if (!place.module.readOnly || verb === "verify" || dryRun) return;
  throw new BlitError("read-only", `Cannot ${verb} to "${place.shown}": module "${place.module.name}" is read-only`);
}

/** Receives until the source has told everything, and tells the end. */
export async function runReceiveSession(options: ReceiveSessionOptions): Promise<void> {
  const { exports, place, open, signal, tell } = options;
  const verb = fromWireVerb(open.verb);
  const started = performance.now();
  let sequence = 0;
  let summary: TransferSummary | undefined;
  const onEvent = (event: EventBody): void => {
    if (event.type === "finished") summary = event.summary;
    const message = toWireEvent(event, sequence + 1, performance.now() - started);
    if (message === undefined) return;
    sequence++;
    tell(message);
  };
  const transferOptions: MirrorOptions = {
    ...fromWireOptions(open.options),
    fileSystem: exports.fileSystem.name,
    signal,
    onEvent,
    ...(open.options?.deleteWithoutQuestion === false && verb === "mirror" ? { confirmDeletions: ask } : {}),
  };
  function ask({ entries }: DeletionPlan): Promise<boolean> {
    const value = { $typeName: "blit.v2.DeletionQuestion" as const, entries: BigInt(entries) };
    tell(create(TransferEventSchema, { sequence: BigInt(++sequence), event: { case: "deletionQuestion", value } }));
    return options.answer();
  }
  let error: BlitError | undefined;
  try {
    await start({
      verb,
      source: labelOf(options),
      destination: place.shown,
      options: transferOptions,
      origin: originOf(options),
      place: {
        root: place.module.path,
        shownRoot: exports.showModule(place.module),
        path: place.path,
        trailingSlash: open.trailingSlash,
        isTrusted: place.module.trusted,
        openRoot: () => exports.openModule(place.module),
      },
    });
  } catch (thrown) {
    error = toBlitError(thrown);
  }
  tell(toWireEnd(summary, error, ++sequence));
}

/** The source as its user has typed it. */
function labelOf({ open, peer }: Pick<ReceiveSessionOptions, "open" | "peer">): string {
  const label = cleanText(open.sourceLabel.slice(0, MOST_LABEL_CHARACTERS).toWellFormed());
  return label || `${peer}:/${displayName(fromBytes(open.sourceName))}`;
}

function originOf(options: ReceiveSessionOptions): RemoteOrigin {
  const { open, carrier, lanes, signal } = options;
  const contentsOnly = open.sourceName.length === 0;
  const platform = Deno.build.os === "windows" ? "windows" : "unix";
  const name = contentsOnly ? "" : displayName(receiveName(open.sourceName, platform));
  return {
    root: { label: labelOf(options), name, isDirectory: open.sourceIsDirectory, contentsOnly },
    isEmpty: open.sourceIsEmpty,
    identities: fromWireIdentities(open.sourceIdentities),
    open: async () => new Lane(await carrier, { role: "sink", signal }),
    lanes,
  };
}
