/**
 * Asks which daemons there are.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { Collector } from "./collector.ts";
import { type LinkPlace, placesToAsk } from "./interfaces.ts";
import { Link } from "./link.ts";
import { DEFAULT_WAIT_MS, type DiscoverOptions, type FoundDaemon } from "./mod.ts";
import type { DnsQuestion, ReceivedPacket } from "./multicast_dns.ts";
import { SERVICE_TYPE } from "./names.ts";
import { readInterfaces } from "./read_interfaces.ts";

/**
 * When the question is asked. A daemon that has just answered somebody else is silent for a second (RFC 6762, section 6), and
 * packets get lost on radio networks.
 */
const ASK_AT_MS = [0, 1100, 3300, 7700];
/**
 * Whoever waits less than this asks from a port of its own as well: a daemon that has just answered somebody else (the same
 * person, who pressed Tab twice) does not answer everybody again in time, but it does answer one.
 */
const SHORT_WAIT_MS = 1500;
/** How often what is missing is asked for. */
const FOLLOW_UP_MS = 300;
/** How often one thing is asked for. */
const MAX_FOLLOW_UPS = 2;
/** Questions that fit into a packet with room to spare. */
const QUESTIONS_PER_PACKET = 10;
/** Things that are asked for in all. Only a peer that makes things up gets there. */
const MAX_ASKED = 4096;

/** {@linkcode discover}, which loads this. */
export async function browse(options: DiscoverOptions): Promise<FoundDaemon[]> {
  const { waitMs = DEFAULT_WAIT_MS, signal, onFound } = options;
  if (!(waitMs >= 0)) throw new RangeError(`Cannot look for daemons: waitMs must not be negative, it is ${waitMs}`);
  const browser = new Browser(onFound);
  try {
    await browser.open({ ownPorts: waitMs < SHORT_WAIT_MS });
    await browser.ask(waitMs, signal);
  } finally {
    await browser.close();
  }
  return browser.found;
}

class Browser {
  readonly #collector = new Collector();
  readonly #onFound: ((daemon: FoundDaemon) => void) | undefined;
  readonly #told = new Set<string>();
  readonly #asked = new Map<string, number>();
  readonly #failed = Promise.withResolvers<never>();
  #links: Link[] = [];

  constructor(onFound: ((daemon: FoundDaemon) => void) | undefined) {
    this.#onFound = onFound;
  }

  get found(): FoundDaemon[] {
    return this.#collector.found;
  }

  /** Joins the group on every interface where that is possible. */
  async open({ ownPorts }: { ownPorts: boolean }): Promise<void> {
    const places = placesToAsk(readInterfaces("look for daemons"));
    const alone = ownPorts ? places.filter(mayHaveOwnPort) : [];
    const opened = await Promise.allSettled([
      ...places.map((place) => this.#openLink(place, { ownPort: false })),
      ...alone.map((place) => this.#openLink(place, { ownPort: true })),
    ]);
    this.#links = opened.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    if (this.#links.length > 0) return;
    const [failure] = opened.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
    throw cannotLook(failure ?? new Error("there is no network interface"));
  }

  #openLink(place: LinkPlace, options: { ownPort: boolean }): Promise<Link> {
    const listener = {
      onResponse: (packet: ReceivedPacket) => {
        this.#collector.add(packet, place.name);
        this.#tell();
      },
      onProblem: (error: unknown) => this.#failed.reject(error),
    };
    return Link.open(place, listener, options);
  }

  /** Asks, and waits for answers until the time is over; rejects where nobody could be asked. */
  async ask(waitMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    const timers = [
      setTimeout(end, waitMs),
      ...ASK_AT_MS.filter((ms) => ms === 0 || ms < waitMs).map((ms) =>
        setTimeout(() => this.#askEverywhere([{ name: SERVICE_TYPE, type: "PTR" }]).catch(this.#failed.reject), ms)
      ),
    ];
    const interval = setInterval(() => this.#askForRest(), FOLLOW_UP_MS);
    signal?.addEventListener("abort", end);
    try {
      await Promise.race([over, this.#failed.promise]);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      clearInterval(interval);
      signal?.removeEventListener("abort", end);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()));
  }

  /** Asks on all links; rejects when that worked on none of them. */
  async #askEverywhere(questions: readonly DnsQuestion[]): Promise<void> {
    const asked = await Promise.allSettled(this.#links.map((link) => link.query({ questions })));
    const failures = asked.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
    if (failures.length === asked.length) throw cannotLook(failures[0]);
  }

  #askForRest(): void {
    const countOf = ({ name, type }: DnsQuestion): number => this.#asked.get(`${type} ${name}`) ?? 0;
    const questions = this.#collector.missing.filter((question) => countOf(question) < MAX_FOLLOW_UPS)
      .slice(0, QUESTIONS_PER_PACKET);
    if (questions.length === 0 || this.#asked.size >= MAX_ASKED) return;
    for (const question of questions) this.#asked.set(`${question.type} ${question.name}`, countOf(question) + 1);
    // The first question could be sent, so that what was found until now is a result.
    this.#askEverywhere(questions).catch(() => {});
  }

  #tell(): void {
    if (this.#onFound === undefined) return;
    for (const daemon of this.found) {
      if (this.#told.has(daemon.name)) continue;
      this.#told.add(daemon.name);
      this.#onFound(daemon);
    }
  }
}

/** Whether Deno allows it without a question: `blit scan` does without where the permissions name port 5353 only. */
function mayHaveOwnPort(place: LinkPlace): boolean {
  const host = place.address === undefined ? "[::]:0" : "0.0.0.0:0";
  return Deno.permissions.querySync({ name: "net", host }).state === "granted";
}

function cannotLook(cause: unknown): BlitError {
  if (cause instanceof Deno.errors.NotCapable) {
    return new BlitError("permission-denied", "Cannot look for daemons: Deno may not use the network", {
      cause,
      hint: "Grant it with --allow-net, or with what the help text names",
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BlitError("unreachable", `Cannot look for daemons: ${reason}`, { cause });
}
