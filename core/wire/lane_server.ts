/**
 * Lanes that others open: accepted, greeted, handed over. And the other half: a lane opened by us.
 *
 * @module
 */

import type { Carrier } from "./carrier.ts";
import { dial, type DialOptions } from "./connect.ts";
import { answerHello, type Arrival, type LaneHello, refuse, sayHello } from "./handshake.ts";
import { TcpCarrier } from "./tcp_carrier.ts";
import type { TokenTable } from "./tokens.ts";

/** Handshakes at once. Each lasts seconds at most, so this many come in when a few dozen sessions start together. */
const MAX_HANDSHAKES = 256;

/** Options of {@linkcode acceptLanes}. */
export interface AcceptLanesOptions<S> {
  /** Connections as they come; it ends with them. */
  carriers: AsyncIterable<Carrier>;
  tokens: TokenTable<S>;
  /** Gets each lane that was accepted, and owns its carrier. Must not throw. */
  onLane: (arrival: Arrival<S>, carrier: Carrier) => void;
  /** May take a lane over before its peer is told, as in {@linkcode answerHello}. Must not throw. */
  takeOver?: (arrival: Arrival<S>, carrier: Carrier) => boolean;
  /** Milliseconds for a handshake. @default {5000} */
  timeoutMs?: number;
  /** Most handshakes at once; more are told so. @default {256} */
  maxHandshakes?: number;
}

/** Options of {@linkcode openLane}. */
export interface OpenLaneOptions extends DialOptions {
  token: Uint8Array;
  /** Number of the lane in its session, from 0. */
  lane: number;
  /** Milliseconds for the handshake. @default {5000} */
  handshakeMs?: number;
}

/** Accepts lanes until no connections come any more, and resolves when the last handshake is over. */
export async function acceptLanes<S>(options: AcceptLanesOptions<S>): Promise<void> {
  const { carriers, tokens, onLane, takeOver, timeoutMs, maxHandshakes = MAX_HANDSHAKES } = options;
  const handshakes = new Set<Promise<void>>();
  const redeem = (token: Uint8Array, lane: number) => tokens.redeem(token, lane);
  for await (const carrier of carriers) {
    // Refusals have their own bound: beyond it there is not even an answer.
    if (handshakes.size >= 2 * maxHandshakes) {
      carrier.close();
      continue;
    }
    const greet = async () => {
      const arrival = await answerHello(carrier, { redeem, takeOver, ...(timeoutMs !== undefined && { timeoutMs }) });
      if (arrival !== undefined) onLane(arrival, carrier);
    };
    const handshake: Promise<void> = (handshakes.size >= maxHandshakes ? refuse(carrier, "too-many") : greet())
      .finally(() => handshakes.delete(handshake));
    handshakes.add(handshake);
  }
  await Promise.all(handshakes);
}

/**
 * Connects and introduces itself. Whoever gets the carrier closes it.
 *
 * @throws {BlitError} as `dial` and `sayHello` do
 */
export async function openLane({ token, lane, handshakeMs, ...options }: OpenLaneOptions): Promise<Carrier> {
  const { signal } = options;
  const carrier = new TcpCarrier(await dial(options));
  const hello: LaneHello = { token, lane, ...(handshakeMs !== undefined && { timeoutMs: handshakeMs }) };
  await sayHello(carrier, { ...hello, ...(signal && { signal }) });
  return carrier;
}
