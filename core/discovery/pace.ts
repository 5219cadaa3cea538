/**
 * How often something may be said.
 *
 * @module
 */

import type { DnsRecord } from "./multicast_dns.ts";

/** Everybody has heard a record that was sent a moment ago (RFC 6762, section 6). */
const REPEAT_MS = 1000;
/** Whoever probes for our name has to be told in time. */
const DEFENCE_MS = 250;

/** When each record was sent to everybody. */
export class RecordPace {
  readonly #sentMs = new Map<string, number>();

  /** Whether it may be sent again. */
  allows(record: DnsRecord, nowMs: number, isDefence: boolean): boolean {
    const sentMs = this.#sentMs.get(keyOf(record));
    return sentMs === undefined || nowMs - sentMs >= (isDefence ? DEFENCE_MS : REPEAT_MS);
  }

  /** Notes that it is sent now. */
  sent(record: DnsRecord, nowMs: number): void {
    for (const [key, sentMs] of this.#sentMs) if (nowMs - sentMs >= REPEAT_MS) this.#sentMs.delete(key);
    this.#sentMs.set(keyOf(record), nowMs);
  }
}

/** Lets through so much a second, and as much at once. */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #seenMs = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  /** Whether one more is allowed now; if so, it counts. */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#perSecond, this.#tokens + (nowMs - this.#seenMs) / 1000 * this.#perSecond);
    this.#seenMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

function keyOf({ name, type, data }: DnsRecord): string {
  return `${type} ${name} ${type === "A" || type === "AAAA" || type === "PTR" ? data : ""}`;
}
