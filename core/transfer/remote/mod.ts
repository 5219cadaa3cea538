/**
 * Transfers with a daemon, seen from the client: which way the data goes.
 *
 * ```text
 * pull.ts            a module is the source
 * push.ts            a module is the destination
 * delegate.ts        both are modules: the destination's daemon pulls
 * conversation.ts    the control stream around either
 * *_messages.ts      options and events as messages of the control plane
 * ```
 *
 * @module
 */

import type { Endpoint } from "../../endpoint.ts";
import { BlitError } from "../../errors.ts";
import type { EventBody, TransferSummary } from "../../events.ts";
import type { TransferRequest } from "../run/orchestrator.ts";

/** Carries out a request with a server at one end. */
export async function runRemote(
  request: TransferRequest,
  { source, destination }: { source: Endpoint; destination: Endpoint },
  emit: (event: EventBody) => void,
): Promise<TransferSummary> {
  if (source.kind === "remote" && destination.kind === "remote") {
    return await (await import("./delegate.ts")).delegate(request, { source, destination }, emit);
  }
  if (source.kind === "remote") return await (await import("./pull.ts")).pull(request, source, emit);
  if (destination.kind === "remote") return await (await import("./push.ts")).push(request, destination, emit);
  throw new BlitError("internal", "A local transfer was sent to a server");
}
