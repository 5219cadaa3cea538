/**
 * A transfer from server to server: the destination's daemon pulls from the source's, and no byte passes this machine.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import {
  type DelegateAccepted,
  type DelegateOpen,
  DelegateOpenSchema,
  type DelegateRequest,
  DelegateRequestSchema,
  type DelegateResponse,
} from "../../../proto/blit/v2/blit_pb.ts";
import type { RemoteEndpoint } from "../../endpoint.ts";
import { BlitError } from "../../errors.ts";
import type { EventBody, TransferSummary } from "../../events.ts";
import { toBytes } from "../../paths/bytes.ts";
import { connectControl, type ControlClient } from "../../wire/control/client.ts";
import { PROTOCOL_NUMBER } from "../../wire/control/protocol.ts";
import { checkOptions } from "../options.ts";
import { interrupted } from "../run/interrupted.ts";
import type { TransferRequest } from "../run/orchestrator.ts";
import { type AcceptanceOptions, firstAnswer } from "./acceptance.ts";
import { AsyncQueue } from "./async_queue.ts";
import { componentsOf, labelOf } from "./open_message.ts";
import { toWireOptions, toWireVerb } from "./option_messages.ts";
import { ReportedRun } from "./reported_run.ts";

/** Both ends of a transfer from server to server. */
export interface ServerPair {
  readonly source: RemoteEndpoint;
  readonly destination: RemoteEndpoint;
}

/** A job that goes on without whoever began it. */
export interface DetachedJob {
  /** Names it on the destination's daemon. */
  readonly id: string;
  /** That daemon, as `host:port`. */
  readonly server: string;
}

/** Has the destination pull, tells how it goes, and resolves with its summary. */
export async function delegate(
  request: TransferRequest,
  pair: ServerPair,
  emit: (event: EventBody) => void,
  options: AcceptanceOptions = {},
): Promise<TransferSummary> {
  const { signal } = request.options;
  using control = await connect(request, pair);
  const call = new DelegateCall(control, openMessage(request, pair, false), signal);
  await call.accepted(options);
  const run = new ReportedRun({
    request,
    source: labelOf(pair.source),
    destination: labelOf(pair.destination),
    reason: "both ends are on other machines",
    emit,
    answer: (allowed) => call.answer(allowed),
  });
  call.listen(run);
  try {
    return await run.finish();
  } catch (error) {
    throw signal?.aborted ? interrupted(signal) : error;
  }
}

/** Has the destination pull, and leaves as soon as it has agreed to. */
export async function delegateDetached(request: TransferRequest, pair: ServerPair): Promise<DetachedJob> {
  using control = await connect(request, pair);
  const call = new DelegateCall(control, openMessage(request, pair, true), request.options.signal);
  const { jobId } = await call.accepted();
  return { id: jobId, server: control.server };
}

/** Everything that can be refused here, then the destination's daemon. */
async function connect(
  { verb, options }: TransferRequest,
  { source, destination }: ServerPair,
): Promise<ControlClient> {
  if (verb === "move") {
    throw new BlitError("refused", "Cannot move from server to server: the destination removes nothing at the source", {
      hint: "Copy and verify, then remove it at the source",
    });
  }
  checkOptions(options);
  if (isWithin(source, destination) || isWithin(destination, source)) {
    const ends = `"${labelOf(source)}" to "${labelOf(destination)}"`;
    throw new BlitError("refused", `Cannot ${verb} ${ends}: one is inside the other`);
  }
  const { host, port } = destination;
  const { signal } = options;
  return await connectControl({ host, port, ...(signal === undefined ? {} : { signal }) });
}

/** Whether a place is another one, or below it. A server with two names is not seen through. */
function isWithin(inner: RemoteEndpoint, outer: RemoteEndpoint): boolean {
  if (inner.host !== outer.host || inner.port !== outer.port || inner.module !== outer.module) return false;
  const [below, above] = [componentsOf(inner), componentsOf(outer)];
  return above.every((name, index) => below[index] === name);
}

function openMessage(request: TransferRequest, { source, destination }: ServerPair, detach: boolean): DelegateOpen {
  return create(DelegateOpenSchema, {
    protocolNumber: PROTOCOL_NUMBER,
    verb: toWireVerb(request.verb),
    sourceHost: source.host,
    sourcePort: source.port,
    source: { module: source.module ?? "", path: componentsOf(source).map(toBytes) },
    sourceTrailingSlash: source.trailingSlash,
    destination: { module: destination.module ?? "", path: componentsOf(destination).map(toBytes) },
    destinationTrailingSlash: destination.trailingSlash,
    options: toWireOptions(request.options),
    detach,
  });
}

/** The control stream of a delegation. */
class DelegateCall {
  readonly #control: ControlClient;
  readonly #signal: AbortSignal | undefined;
  readonly #outgoing = new AsyncQueue<DelegateRequest>();
  readonly #responses: AsyncIterator<DelegateResponse>;

  constructor(control: ControlClient, open: DelegateOpen, signal: AbortSignal | undefined) {
    this.#control = control;
    this.#signal = signal;
    this.#send({ case: "open", value: open });
    const call = control.service.delegate(this.#outgoing, signal === undefined ? {} : { signal });
    this.#responses = call[Symbol.asyncIterator]();
  }

  /** Resolves when the daemon has agreed; rejects with its reason, or when it takes too long for either. */
  async accepted(options: AcceptanceOptions = {}): Promise<DelegateAccepted> {
    const first = await firstAnswer(this.#control.server, this.#next(), options);
    if (first?.message.case === "accepted") return first.message.value;
    throw new BlitError("protocol", `Cannot understand "${this.#control.server}": its first answer does not accept`);
  }

  answer(allowed: boolean): void {
    this.#send({ case: "deletionAnswer", value: { $typeName: "blit.v2.DeletionAnswer", allowed } });
  }

  /** Hands on what the daemon tells until it has told all. */
  async listen(run: ReportedRun): Promise<void> {
    try {
      for (let response = await this.#next(); response !== undefined; response = await this.#next()) {
        if (response.message.case === "event") run.hear(response.message.value);
      }
      run.lose(new BlitError("unreachable", `Lost "${this.#control.server}": it has ended without a summary`));
    } catch (error) {
      run.lose(error);
    }
  }

  async #next(): Promise<DelegateResponse | undefined> {
    try {
      const { done, value } = await this.#responses.next();
      return done ? undefined : value;
    } catch (error) {
      throw await this.#control.explain(error, this.#signal);
    }
  }

  #send(message: DelegateRequest["message"]): void {
    this.#outgoing.push(create(DelegateRequestSchema, { message }));
  }
}
