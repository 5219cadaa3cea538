/**
 * How the lane of a transfer travels: over the daemon's data port, or, where that cannot be reached, over its control port: as a
 * connection of its own, and where something between lets none pass but calls, in the control stream.
 *
 * @module
 */

import { type BlitError, toBlitError } from "../../errors.ts";
import { type Carrier, openLane, TOKEN_BYTES } from "../../wire/mod.ts";
import type { Conversation } from "./conversation.ts";

/**
 * How long the data port may take to let us in, in milliseconds: a packet that is lost is sent again after one and after
 * three seconds. The control port of the same address has answered already.
 */
const CONNECT_MS = 4000;
/**
 * The same for its first words. A thread with dozens of sessions, here or there, needs seconds on a busy machine; and whoever leaves
 * when the daemon has just let it in has lost its session.
 */
const HANDSHAKE_MS = 10_000;
/** How long a daemon that refuses us is waited for to say why, in milliseconds. */
const REASON_MS = 1000;
/** The same where its port is silent or closed, which has other reasons as a rule. */
const CLOSED_MS = 300;

/** Options of {@linkcode openCarrier}. */
export interface OpenCarrierOptions {
  /** The address at which the daemon has answered. */
  readonly address: string;
  /** The port at which it has. */
  readonly controlPort: number;
  readonly signal: AbortSignal | undefined;
  /** Use the control port without trying the data port. */
  readonly onlyControlPort: boolean;
  /** Told, once, that the transfer goes on without the data port, or in calls. */
  readonly onFallback: (message: string) => void;
}

/** Where a lane may be opened. */
interface Way {
  readonly port: number;
  readonly token: Uint8Array;
  readonly handshakeMs: number;
}

/**
 * Opens the carrier of lane 0. Whoever gets it closes it.
 *
 * @throws {BlitError} "interrupted", and the reason of a daemon that has given up
 */
export async function openCarrier(conversation: Conversation, options: OpenCarrierOptions): Promise<Carrier> {
  const { controlPort, onlyControlPort, onFallback } = options;
  const { accepted: { dataPorts: [port], tokens: [token], controlToken }, server } = conversation;
  const ofNoUse = `The data port of "${server}" is of no use, everything goes through its control port`;
  let dataPortFailure: BlitError | undefined;
  let controlPortFailure: BlitError | undefined;
  // There is none when the daemon wants it so.
  if (!onlyControlPort && port !== undefined && token !== undefined) {
    const opened = await tryWay(conversation, { port, token, handshakeMs: HANDSHAKE_MS }, options);
    if ("read" in opened) return opened;
    dataPortFailure = opened;
  }
  if (controlToken.length === TOKEN_BYTES) {
    const way = { port: controlPort, token: controlToken, handshakeMs: HANDSHAKE_MS };
    const opened = await tryWay(conversation, way, options);
    conversation.usesControlPort = true;
    if ("read" in opened) {
      if (dataPortFailure !== undefined) onFallback(`${ofNoUse}: ${dataPortFailure.message}`);
      return opened;
    }
    controlPortFailure = opened;
  }
  if (dataPortFailure !== undefined) {
    onFallback(`${ofNoUse}, and there in calls, which is slower: ${dataPortFailure.message}`);
  } else if (controlPortFailure !== undefined) {
    onFallback(`Only calls get through to "${server}", which is slower: ${controlPortFailure.message}`);
  }
  return conversation.useFrames();
}

/** The carrier, or why there is none. Throws what ends the whole transfer. */
async function tryWay(
  conversation: Conversation,
  way: Way,
  { address, signal }: OpenCarrierOptions,
): Promise<Carrier | BlitError> {
  try {
    return await openLane({ host: address, ...way, lane: 0, timeoutMs: CONNECT_MS, ...(signal && { signal }) });
  } catch (thrown) {
    const error = toBlitError(thrown);
    if (signal?.aborted) throw error;
    // A daemon that has given up does not know the token any more, or closes what it does not need.
    const reason = await conversation.reason(error.code === "refused" ? REASON_MS : CLOSED_MS);
    if (reason !== undefined) throw reason;
    // Its end has come meanwhile, with an error that its listener has.
    if (signal?.aborted) throw error;
    return error;
  }
}
