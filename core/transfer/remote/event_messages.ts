/**
 * Events of a run as messages of the control plane, and back. What a client shows of a run on a server is what it would show of
 * its own.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import {
  type Counters as WireCounters,
  CountersSchema,
  Difference as WireDifference,
  EntryAction as WireAction,
  JobStatus,
  type Summary,
  type TransferEvent,
  TransferEventSchema,
} from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError } from "../../errors.ts";
import type {
  Counters,
  Difference,
  EntryAction,
  EventBody,
  EventPath,
  RunStatus,
  TransferSummary,
} from "../../events.ts";
import { zeroCounters } from "../../events.ts";
import { decodeText, displayName, encodeText, fromBytes, toBytes } from "../../paths/bytes.ts";
import { fromWireKind, toWireKind } from "../../wire/control/entry_kinds.ts";
import { fromWireCode, toWireCode } from "../../wire/control/error_codes.ts";

const ACTIONS: Readonly<Record<EntryAction, WireAction>> = {
  create: WireAction.CREATE,
  replace: WireAction.REPLACE,
  repair: WireAction.REPAIR,
  link: WireAction.LINK,
  delete: WireAction.DELETE,
  remove: WireAction.REMOVE,
};

const DIFFERENCES: Readonly<Record<Difference, WireDifference>> = {
  missing: WireDifference.MISSING,
  extra: WireDifference.EXTRA,
  kind: WireDifference.KIND,
  size: WireDifference.SIZE,
  content: WireDifference.CONTENT,
  target: WireDifference.TARGET,
  device: WireDifference.DEVICE,
  time: WireDifference.TIME,
  mode: WireDifference.MODE,
  owner: WireDifference.OWNER,
  attributes: WireDifference.ATTRIBUTES,
  links: WireDifference.LINKS,
};

const STATUSES: Readonly<Record<RunStatus, JobStatus>> = {
  done: JobStatus.DONE,
  partial: JobStatus.PARTIAL,
  differences: JobStatus.DIFFERENCES,
  interrupted: JobStatus.INTERRUPTED,
  failed: JobStatus.FAILED,
};

type MessageOf = NonNullable<TransferEvent["event"]>;

/** Counters as a message. */
export function toWireCounters(counters: Counters): WireCounters {
  const names = Object.keys(zeroCounters()) as (keyof Counters)[];
  return create(CountersSchema, Object.fromEntries(names.map((name) => [name, BigInt(counters[name])])));
}

/** Counters of a message. */
export function fromWireCounters(wire: WireCounters | undefined): Counters {
  const counters = zeroCounters();
  if (wire === undefined) return counters;
  for (const name of Object.keys(counters) as (keyof Counters)[]) counters[name] = Number(wire[name]);
  return counters;
}

/** An event as a message; `undefined` for what the other side knows or tells by itself. */
export function toWireEvent(event: EventBody, sequence: number, timeMs: number): TransferEvent | undefined {
  const message = toMessage(event);
  if (message === undefined) return undefined;
  return create(TransferEventSchema, {
    sequence: BigInt(sequence),
    timeMs: BigInt(Math.round(timeMs)),
    event: message,
  });
}

/** The end of a run as a message. */
export function toWireEnd(
  summary: TransferSummary | undefined,
  error: BlitError | undefined,
  sequence: number,
): TransferEvent {
  const status = error === undefined ? STATUSES[summary!.status] : STATUSES[statusOfError(error)];
  const counters = toWireCounters(summary ?? zeroCounters());
  const value = {
    status,
    counters,
    elapsedMs: BigInt(Math.round(summary?.elapsedMs ?? 0)),
    errorMessage: error?.message ?? "",
    ...(error === undefined
      ? {}
      : { error: { code: toWireCode(error.code), path: error.path ?? "", hint: error.hint ?? "" } }),
  };
  return create(TransferEventSchema, { sequence: BigInt(sequence), event: { case: "end", value: value as Summary } });
}

function statusOfError({ code }: BlitError): RunStatus {
  return code === "interrupted" ? "interrupted" : "failed";
}

/** The error of an end, if one ended the run. */
export function errorOfEnd({ error, errorMessage }: Summary): BlitError | undefined {
  if (error === undefined) return undefined;
  const options = {
    ...(error.path === "" ? {} : { path: error.path }),
    ...(error.hint === "" ? {} : { hint: error.hint }),
  };
  return new BlitError(fromWireCode(error.code), errorMessage, options);
}

/** The status of an end. */
export function statusOfEnd({ status }: Summary): RunStatus {
  const [found] = Object.entries(STATUSES).find(([, value]) => value === status) ?? [];
  return (found ?? "failed") as RunStatus;
}

/** The events of a message; a message can hold several. */
export function fromWireEvent({ event }: TransferEvent): EventBody[] {
  switch (event.case) {
    case "progress": {
      const { counters, scanComplete, currentPath } = event.value;
      const path = currentPath.map((name) => displayName(fromBytes(name))).join("/");
      return [{ type: "progress", scanComplete, currentPath: path, ...fromWireCounters(counters) }];
    }
    case "failures":
      return event.value.failures.map(({ path, code, message }) => ({
        type: "failed",
        ...eventPath(path),
        code: fromWireCode(code),
        message,
      }));
    case "notice":
      return [{ type: "notice", message: event.value.message }];
    case "entries":
      return event.value.entries.map(({ path, action, kind, bytes, differences }) => {
        const common = { ...eventPath(path), kind: fromWireKind(kind) };
        if (action === WireAction.DIFFERENT) {
          return {
            type: "difference",
            ...common,
            difference: differences.map((d) => nameOf(DIFFERENCES, d, "content")),
          };
        }
        return { type: "entry", ...common, action: nameOf(ACTIONS, action, "create"), bytes: Number(bytes) };
      });
    default:
      return [];
  }
}

function toMessage(event: EventBody): MessageOf | undefined {
  switch (event.type) {
    case "progress": {
      const { scanComplete, currentPath } = event;
      const value = { counters: toWireCounters(event), scanComplete, currentPath: componentsOf({ path: currentPath }) };
      return { case: "progress", value } as MessageOf;
    }
    case "failed": {
      const { code, message } = event;
      const failures = [{ path: componentsOf(event), code: toWireCode(code), message }];
      return { case: "failures", value: { failures } } as MessageOf;
    }
    case "notice":
      return { case: "notice", value: { message: event.message } } as MessageOf;
    case "entry": {
      const { action, kind, bytes } = event;
      const entry = {
        path: componentsOf(event),
        action: ACTIONS[action],
        kind: toWireKind(kind),
        bytes: BigInt(bytes),
      };
      return { case: "entries", value: { entries: [{ ...entry, differences: [] }] } } as unknown as MessageOf;
    }
    case "difference": {
      const { kind, difference } = event;
      const differences = difference.map((name) => DIFFERENCES[name]);
      const entry = {
        path: componentsOf(event),
        action: WireAction.DIFFERENT,
        kind: toWireKind(kind),
        bytes: 0n,
        differences,
      };
      return { case: "entries", value: { entries: [entry] } } as unknown as MessageOf;
    }
    default:
      return undefined;
  }
}

function componentsOf({ path, pathBase64 }: EventPath): Uint8Array<ArrayBuffer>[] {
  const bytes = pathBase64 === undefined ? encodeText(path) : fromBytes(Uint8Array.fromBase64(pathBase64));
  return bytes === "" ? [] : bytes.split("/").map((name) => toBytes(name as typeof bytes));
}

function eventPath(components: readonly Uint8Array[]): EventPath {
  const path = components.map((name) => fromBytes(name)).join("/") as ReturnType<typeof fromBytes>;
  if (decodeText(path) !== undefined) return { path: displayName(path) };
  return { path: displayName(path), pathBase64: toBytes(path).toBase64() };
}

function nameOf<N extends string>(names: Readonly<Record<N, number>>, value: number, otherwise: N): N {
  const found = (Object.entries(names) as [N, number][]).find(([, number]) => number === value);
  return found === undefined ? otherwise : found[0];
}
