/**
 * A client pushes: this daemon decides and writes.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { BlitError, toBlitError } from "../../core/errors.ts";
import type { EventBody, TransferSummary } from "../../core/events.ts";
import { displayName, fromBytes } from "../../core/paths/bytes.ts";
import { receiveName } from "../../core/paths/receive_path.ts";
import { start } from "../../core/transfer/mod.ts";
import type { DeletionPlan, MirrorOptions } from "../../core/transfer/options.ts";
import { toWireEnd, toWireEvent } from "../../core/transfer/remote/event_messages.ts";
import { fromWireOptions, fromWireVerb } from "../../core/transfer/remote/option_messages.ts";
import type { RemoteOrigin } from "../../core/transfer/run/orchestrator.ts";
import { type Carrier, Lane } from "../../core/wire/mod.ts";
import { type TransferEvent, TransferEventSchema, type TransferOpen } from "../../proto/blit/v2/blit_pb.ts";
import type { Exports, Place } from "../exports.ts";

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
  const { exports, place, open, peer, signal, tell } = options;
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
      source: peer,
      destination: place.shown,
      options: transferOptions,
      origin: originOf(options),
      place: {
        root: place.module.path,
        shownRoot: exports.showModule(place.module),
        path: place.path,
        trailingSlash: open.trailingSlash,
        isTrusted: place.module.trusted,
      },
    });
  } catch (thrown) {
    error = toBlitError(thrown);
  }
  tell(toWireEnd(summary, error, ++sequence));
}

function originOf({ open, peer, carrier, signal }: ReceiveSessionOptions): RemoteOrigin {
  const contentsOnly = open.sourceName.length === 0;
  const platform = Deno.build.os === "windows" ? "windows" : "unix";
  const name = contentsOnly ? "" : displayName(receiveName(open.sourceName, platform));
  const label = contentsOnly ? peer : `${peer}:${displayName(fromBytes(open.sourceName))}`;
  return {
    root: { label, name, isDirectory: open.sourceIsDirectory, contentsOnly },
    isEmpty: open.sourceIsEmpty,
    open: async () => new Lane(await carrier, { role: "sink", signal }),
  };
}
