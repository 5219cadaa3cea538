/**
 * Tokens that open lanes: issued over the control stream, redeemed by whoever opens a lane.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";
import { BlitError } from "../errors.ts";
import { MAX_LANES } from "./limits.ts";

/** Bytes of a token. */
export const TOKEN_BYTES = 32;
/** How long a token works, in milliseconds, unless told otherwise. */
export const TOKEN_LIFETIME_MS = 30_000;
/** Tokens that are remembered at once. A daemon with more transfers that are only about to start has other problems. */
export const MAX_TOKENS = 4096;

/** Options of {@linkcode TokenTable.issue}. */
export interface IssueOptions {
  /** Lanes that it opens, numbered from 0, each once; clamped to 1 to 64. @default {1} */
  lanes?: number;
  /** Milliseconds for which it works. @default {30000} */
  lifetimeMs?: number;
}

/** What a token was worth. */
export type Redeemed<S> =
  | { readonly kind: "accepted"; readonly session: S }
  | { readonly kind: "refused"; readonly reason: "unknown-token" | "used-token" | "expired-token" };

interface Issued<S> {
  readonly session: S;
  readonly lanes: number;
  readonly usedLanes: Set<number>;
  readonly expiresAt: number;
}

/**
 * The tokens that are out. `S` is whatever stands for a session.
 *
 * The table is keyed by a hash of the token under a secret of its own, so how long a look-up takes tells nothing about
 * any token: whoever guesses can choose a token, but neither choose nor know what it is compared as.
 */
export class TokenTable<S> {
  readonly #issued = new Map<string, Issued<S>>();
  readonly #secret = randomBytes(32);

  /** @param now the time in milliseconds, for tests */
  constructor(readonly now: () => number = () => performance.now()) {}

  /** Tokens that are remembered. */
  get size(): number {
    return this.#issued.size;
  }

  /**
   * A new token for a session.
   *
   * @throws {BlitError} `busy` when {@linkcode MAX_TOKENS} are out already
   */
  issue(session: S, options: IssueOptions = {}): Uint8Array<ArrayBuffer> {
    const token = new Uint8Array(randomBytes(TOKEN_BYTES));
    this.add(token, session, options);
    return token;
  }

  /** Remembers a token that another thread has made: whoever listens redeems it. Throws as `issue` does. */
  add(token: Uint8Array, session: S, { lanes = 1, lifetimeMs = TOKEN_LIFETIME_MS }: IssueOptions = {}): void {
    if (token.length !== TOKEN_BYTES) throw new RangeError(`Cannot use a token of ${token.length} bytes`);
    this.#makeRoom();
    this.#issued.set(this.#keyOf(token), {
      session,
      lanes: Math.min(MAX_LANES, Math.max(1, Math.floor(lanes))),
      usedLanes: new Set(),
      expiresAt: this.now() + lifetimeMs,
    });
  }

  /** Takes a token for a lane. Each lane of it works once. */
  redeem(token: Uint8Array, lane: number): Redeemed<S> {
    const issued = this.#issued.get(this.#keyOf(token));
    if (issued === undefined) return { kind: "refused", reason: "unknown-token" };
    if (issued.usedLanes.has(lane) || lane >= issued.lanes) return { kind: "refused", reason: "used-token" };
    if (this.now() >= issued.expiresAt) return { kind: "refused", reason: "expired-token" };
    issued.usedLanes.add(lane);
    return { kind: "accepted", session: issued.session };
  }

  /** Forgets all tokens of a session; does nothing where there are none. */
  revoke(session: S): void {
    for (const [key, issued] of this.#issued) if (issued.session === session) this.#issued.delete(key);
  }

  /** Dead tokens are kept, so that their bearers learn why they are refused, until their place is needed. */
  #makeRoom(): void {
    if (this.#issued.size < MAX_TOKENS) return;
    const now = this.now();
    for (const [key, issued] of this.#issued) {
      if (now >= issued.expiresAt || issued.usedLanes.size === issued.lanes) this.#issued.delete(key);
    }
    if (this.#issued.size < MAX_TOKENS) return;
    throw new BlitError("busy", `Cannot start a session: ${MAX_TOKENS} tokens wait to be used`);
  }

  #keyOf(token: Uint8Array): string {
    return createHmac("sha256", this.#secret).update(Buffer.from(token)).digest("base64");
  }
}
