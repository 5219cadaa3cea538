/**
 * A client pulls: this daemon lists and sends.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { zeroCounters } from "../../core/events.ts";
import type { EntryKind } from "../../core/fs/types.ts";
import { asByteString, type ByteString, displayPath } from "../../core/paths/bytes.ts";
import { loadFilter } from "../../core/scan/filter.ts";
import { fromWireOptions, fromWireVerb } from "../../core/transfer/remote/option_messages.ts";
import { toWireEvent } from "../../core/transfer/remote/event_messages.ts";
import { eventPath } from "../../core/transfer/run/collector.ts";
import { createRules } from "../../core/transfer/run/create_job.ts";
import { sendTree, type TreeOptions } from "../../core/transfer/sending/mod.ts";
import { type Carrier, Lane } from "../../core/wire/mod.ts";
import type { TransferEvent, TransferOpen } from "../../proto/blit/v2/blit_pb.ts";
import type { Exports, Place } from "../exports.ts";

/** What a session that sends works with. */
export interface SendSessionOptions {
  readonly exports: Exports;
  readonly place: Place;
  readonly open: TransferOpen;
  readonly carrier: Promise<Carrier>;
  readonly tell: (event: TransferEvent) => void;
  readonly signal: AbortSignal;
}

/** Refuses what this module does not give away, before anything else is done. */
export function checkSending({ open, place }: Pick<SendSessionOptions, "open" | "place">): void {
  const { dryRun } = fromWireOptions(open.options);
  if (fromWireVerb(open.verb) !== "move" || !place.module.readOnly || dryRun) return;
  throw new BlitError("read-only", `Cannot move from "${place.shown}": module "${place.module.name}" is read-only`);
}

/** Answers requests for ranges of large files until the client has all it wants; lists nothing. */
export async function runSendRanges(options: Omit<SendSessionOptions, "tell">): Promise<void> {
  const { signal } = options;
  const tree = await treeOf(options);
  using lane = new Lane(await options.carrier, { role: "source", signal });
  await sendTree(lane, { ...tree, signal, answersOnly: true });
}

/** Sends until the client has all it wants. */
export async function runSendSession(options: SendSessionOptions): Promise<void> {
  const { open, signal, tell } = options;
  const verb = fromWireVerb(open.verb);
  const transferOptions = fromWireOptions(open.options);
  const tree = await treeOf(options);
  const isMove = verb === "move" && !transferOptions.dryRun;
  let sequence = 0;
  const onRemoved = (path: ByteString, kind: EntryKind): void => {
    if (!transferOptions.entryEvents) return;
    tell(toWireEvent({ type: "entry", action: "remove", kind, ...eventPath(path), bytes: 0 }, ++sequence, 0)!);
  };
  using lane = new Lane(await options.carrier, { role: "source", signal });
  const totals = await sendTree(lane, {
    ...tree,
    signal,
    isMirrored: verb === "mirror",
    ...(isMove ? { move: { startedSeconds: Date.now() / 1000, onRemoved } } : {}),
  });
  const removed = totals.removed + removeRoot(options, isMove);
  const event = { type: "progress", scanComplete: true, currentPath: "", ...zeroCounters(), removed } as const;
  tell(toWireEvent(event, ++sequence, 0)!);
}

/** What of the module is sent. */
async function treeOf(
  { exports, place, open }: Pick<SendSessionOptions, "exports" | "place" | "open">,
): Promise<TreeOptions> {
  const { beneath, single } = locateSource(exports, place);
  return {
    fileSystem: exports.fileSystem,
    root: place.module.path,
    openRoot: () => exports.openModule(place.module),
    beneath,
    shownRoot: displayPath(exports.showModule(place.module), beneath),
    filter: await loadFilter(createRules(fromWireOptions(open.options))),
    ...(single === undefined ? {} : { single }),
  };
}

/** The directory to list, and the name in it where that is no directory. */
function locateSource(
  exports: Exports,
  place: Place,
): { beneath: ReturnType<typeof asByteString>; single?: ReturnType<typeof asByteString> } {
  const name = place.path.at(-1);
  const whole = asByteString(place.path.join("/"));
  if (name === undefined) return { beneath: whole };
  using parent = exports.open({ ...place, path: place.path.slice(0, -1) }, "open");
  const kind = parent.statEntry(name)?.kind;
  if (kind === undefined) {
    throw new BlitError("not-found", `Cannot open "${place.shown}": no such file or directory`, { path: place.shown });
  }
  if (kind === "directory") return { beneath: whole };
  return { beneath: asByteString(place.path.slice(0, -1).join("/")), single: name };
}

/** A move of a directory itself ends with its root, when nothing is left in it. Returns how many entries that were. */
function removeRoot({ exports, place, open }: SendSessionOptions, isMove: boolean): number {
  const name = place.path.at(-1);
  if (!isMove || open.trailingSlash || name === undefined) return 0;
  using parent = exports.open({ ...place, path: place.path.slice(0, -1) }, "remove");
  try {
    if (parent.statEntry(name)?.kind !== "directory") return 0;
    parent.removeDirectory(name);
    return 1;
  } catch (error) {
    // Whatever is left in it has been told, or takes no part.
    if (error instanceof BlitError && error.code === "not-empty") return 0;
    throw error;
  }
}
