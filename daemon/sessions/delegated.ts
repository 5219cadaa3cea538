/**
 * A client has this daemon pull from another one: this daemon is the client there, and decides and writes here.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { RemoteEndpoint } from "../../core/endpoint.ts";
import { BlitError, toBlitError } from "../../core/errors.ts";
import type { EventBody, TransferSummary } from "../../core/events.ts";
import { decodeText } from "../../core/paths/bytes.ts";
import { receivePath } from "../../core/paths/receive_path.ts";
import type { DeletionPlan } from "../../core/transfer/options.ts";
import { toWireEnd, toWireEvent } from "../../core/transfer/remote/event_messages.ts";
import { fromWireOptions, fromWireVerb } from "../../core/transfer/remote/option_messages.ts";
import { labelOf } from "../../core/transfer/remote/open_message.ts";
import { pull } from "../../core/transfer/remote/pull.ts";
import { type DelegateOpen, type TransferEvent, TransferEventSchema } from "../../proto/blit/v2/blit_pb.ts";
import type { Exports, Place } from "../exports.ts";

/** What a session that was delegated works with. */
export interface DelegatedSessionOptions {
  readonly exports: Exports;
  readonly place: Place;
  readonly open: DelegateOpen;
  /** The address of the source that was checked; nothing else is dialled. */
  readonly address: string;
  readonly tell: (event: TransferEvent) => void;
  /** Resolves with the client's answer to a question that was told. */
  readonly answer: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Where the data comes from.
 *
 * @throws {BlitError} "invalid-name" for a path that nobody could have typed
 */
export function sourceOf({ sourceHost, sourcePort, source, sourceTrailingSlash }: DelegateOpen): RemoteEndpoint {
  const names = receivePath(source?.path ?? [], "unix").map(decodeText);
  if (names.includes(undefined)) {
    throw new BlitError("invalid-name", "Cannot pull from a path that is not UTF-8", {
      hint: "Name the directory that holds it; the names inside are copied byte for byte",
    });
  }
  const module = source?.module === "" ? undefined : source?.module;
  const path = names.join("/");
  return { kind: "remote", host: sourceHost, port: sourcePort, module, path, trailingSlash: sourceTrailingSlash };
}

/** Pulls until everything is here, and tells the end. */
export async function runDelegatedSession(options: DelegatedSessionOptions): Promise<void> {
  const { exports, place, open, address, tell, signal } = options;
  const verb = fromWireVerb(open.verb);
  const started = performance.now();
  const endpoint = sourceOf(open);
  let summary: TransferSummary | undefined;
  let error: BlitError | undefined;
  const emit = (event: EventBody): void => {
    if (event.type === "finished") summary = event.summary;
    const message = toWireEvent(event, 0, performance.now() - started);
    if (message !== undefined) tell(message);
  };
  function ask({ entries }: DeletionPlan): Promise<boolean> {
    const value = { $typeName: "blit.v2.DeletionQuestion" as const, entries: BigInt(entries) };
    tell(create(TransferEventSchema, { event: { case: "deletionQuestion", value } }));
    return options.answer();
  }
  const isAsked = open.options?.deleteWithoutQuestion === false && verb === "mirror";
  const transferOptions = { ...fromWireOptions(open.options), fileSystem: exports.fileSystem.name, signal };
  try {
    const request = {
      verb,
      source: labelOf(endpoint),
      destination: place.shown,
      options: { ...transferOptions, ...(isAsked ? { confirmDeletions: ask } : {}) },
      place: {
        root: place.module.path,
        shownRoot: exports.showModule(place.module),
        path: place.path,
        trailingSlash: open.destinationTrailingSlash,
        isTrusted: place.module.trusted,
        openRoot: () => exports.openModule(place.module),
      },
    };
    await pull(request, endpoint, emit, { address });
  } catch (thrown) {
    error = toBlitError(thrown);
  }
  tell(toWireEnd(summary, error, 0));
}
