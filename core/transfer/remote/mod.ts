/**
 * Transfers with a daemon, seen from the client: which way the data goes.
 *
 * ```text
 * pull.ts            a module is the source
 * push.ts            a module is the destination
 * delegate.ts        both are modules: the destination's daemon pulls
 * retry.ts           tries again what has not reached a server, or has lost it
 * range_workers.ts   threads for further lanes, of large files
 * conversation.ts    the control stream around either
 * *_messages.ts      options and events as messages of the control plane
 * ```
 *
 * @module
 */

import type { Endpoint } from "../../endpoint.ts";
import { BlitError } from "../../errors.ts";
import type { EventBody, TransferSummary } from "../../events.ts";
import { checkOptions } from "../options.ts";
import type { TransferRequest } from "../run/orchestrator.ts";
import { type Try, withRetries } from "./retry.ts";

/** Carries out a request with a server at one end. */
export async function runRemote(
  request: TransferRequest,
  { source, destination }: { source: Endpoint; destination: Endpoint },
  emit: (event: EventBody) => void,
): Promise<TransferSummary> {
  checkOptions(request.options);
  return await withRetries(request, await directionOf(request, { source, destination }), emit);
}

async function directionOf(
  request: TransferRequest,
  { source, destination }: { source: Endpoint; destination: Endpoint },
): Promise<Try> {
  if (source.kind === "remote" && destination.kind === "remote") {
    const { delegate } = await import("./delegate.ts");
    return (emit) => delegate(request, { source, destination }, emit);
  }
  if (source.kind === "remote") {
    const { pull } = await import("./pull.ts");
    return (emit, attempt) => pull(request, source, emit, { attempt });
  }
  if (destination.kind === "remote") {
    const { push } = await import("./push.ts");
    return (emit, attempt) => push(request, destination, emit, { attempt });
  }
  throw new BlitError("internal", "A local transfer was sent to a server");
}
