/**
 * A daemon on one interface: asks whether its names are free, says that it is there, and answers.
 *
 * ```text
 * waiting -> probing -> answering       somebody else has the name while we probe: `onTaken`, and another name is claimed
 *    ^                      |
 *    +----- a conflict -----+
 * ```
 *
 * Numbers without another source are those of RFC 6762.
 *
 * @module
 */

import { additionalsOf, type Answer, answerTo } from "./answers.ts";
import { compareProbes, isConflicting, isProbe, isSameRecord } from "./conflicts.ts";
import { Link, MULTICAST_PORT } from "./link.ts";
import type { LinkPlace } from "./interfaces.ts";
import type { DnsRecord, Peer, ReceivedPacket } from "./multicast_dns.ts";
import { allRecords, goodbyeOf, type RecordSet } from "./records.ts";
import { RecordPace, TokenBucket } from "./pace.ts";

const PROBES = 3;
const PROBE_GAP_MS = 250;
/** After a probe that lost against another one at the same time. */
const LOST_WAIT_MS = 1000;
const ANNOUNCEMENTS = 2;
const ANNOUNCE_GAP_MS = 1000;
/** A record that others have as well is sent after a random time, so that not everybody speaks at once. */
const SHARED_DELAY_MS = { least: 20, most: 120 };
/** How soon after a conflict the next one is looked at: nobody can keep a daemon busy with it. */
const CONFLICT_GAP_MS = 5000;
/** Answers to single hosts a second; real ones ask once. */
const SINGLE_ANSWERS_PER_SECOND = 20;
/** What single hosts may remember, since nobody tells them of changes. */
const SINGLE_TTL_SECONDS = 10;
const MAX_SINGLE_QUESTIONS = 8;

/** What a responder needs to know and to tell. */
export interface ResponderOptions {
  /** What is said on all interfaces. */
  allOwn(): readonly DnsRecord[];
  /** Somebody else has this name. */
  onTaken(label: string): void;
  /** The name is announced. */
  onAnnounced(): void;
  /** Nothing can be sent over this interface. */
  onProblem(error: unknown): void;
}

/** A daemon on one interface, until it is closed. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #single = new TokenBucket(SINGLE_ANSWERS_PER_SECOND);
  readonly #pace = new RecordPace();
  #link!: Link;
  #records: RecordSet;
  /** Replaced when the names change; what belongs to the former ones then ends. */
  #claim = new AbortController();
  #state: "waiting" | "probing" | "answering" | "closed" = "waiting";
  #lostProbe = false;
  #quietUntilMs = 0;
  #pending = new Set<DnsRecord>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(records: RecordSet, options: ResponderOptions) {
    this.#records = records;
    this.#options = options;
  }

  /** Joins the group of an interface; rejects where that cannot be. {@linkcode Responder.claim} begins. */
  static async open(place: LinkPlace, records: RecordSet, options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(records, options);
    responder.#link = await Link.open(place, {
      onQuery: (packet, from) => responder.#onQuery(packet, from),
      onResponse: (packet) => responder.#onResponse(packet),
      onProblem: options.onProblem,
    });
    return responder;
  }

  /** What it says, or will. */
  get records(): RecordSet {
    return this.#records;
  }

  /** The interface. */
  get place(): LinkPlace {
    return this.#link.place;
  }

  /** Begins with these names, or anew, after a while where somebody wants to be heard out first. */
  claim(records: RecordSet, { delayMs = 0 } = {}): void {
    if (this.#state === "closed") return;
    this.#forget();
    this.#records = records;
    this.#state = "waiting";
    this.#claim = new AbortController();
    this.#run(delayMs, this.#claim.signal).catch((error) => this.#options.onProblem(error));
  }

  /** Says what has changed, under the same names; the addresses of the interface may be what has. */
  change(records: RecordSet, place = this.place): void {
    this.#records = records;
    this.#link.place = place;
    if (this.#state === "answering") {
      this.#announce(this.#claim.signal).catch((error) => this.#options.onProblem(error));
    }
  }

  /** Takes back what was announced. */
  async goodbye(): Promise<void> {
    if (this.#state !== "answering") return;
    // Whoever does not hear it finds out by itself, later.
    await this.#link.respond({ answers: goodbyeOf(this.#records) }).catch(() => {});
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.#forget();
    this.#state = "closed";
    await this.#link.close();
  }

  #forget(): void {
    this.#claim.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.clear();
  }

  async #run(delayMs: number, signal: AbortSignal): Promise<void> {
    await pause(delayMs + Math.random() * PROBE_GAP_MS, signal);
    if (signal.aborted) return;
    this.#state = "probing";
    for (let sent = 0; sent < PROBES && !signal.aborted; sent++) {
      this.#lostProbe = false;
      await this.#probe();
      await pause(PROBE_GAP_MS, signal);
      if (!this.#lostProbe) continue;
      await pause(LOST_WAIT_MS, signal);
      sent = -1;
    }
    if (signal.aborted) return;
    this.#state = "answering";
    await this.#announce(signal, this.#options.onAnnounced);
  }

  async #probe(): Promise<void> {
    const { identity, service, host } = this.#records;
    const questions = [identity.instance, identity.host].map((name) => ({ name, type: "ANY" }));
    await this.#link.query({ questions, authorities: [...service, ...host] });
  }

  async #announce(signal: AbortSignal, onFirst: () => void = () => {}): Promise<void> {
    for (let sent = 0; sent < ANNOUNCEMENTS && !signal.aborted; sent++) {
      await this.#link.respond({ answers: allRecords(this.#records) });
      if (signal.aborted) return;
      if (sent === 0) onFirst();
      if (sent < ANNOUNCEMENTS - 1) await pause(ANNOUNCE_GAP_MS, signal);
    }
  }

  #onQuery(query: ReceivedPacket, from: Peer): void {
    const set = this.#records;
    const isProbing = isProbe(query, set);
    if (this.#state === "probing") {
      if (isProbing && !this.#isOwnProbe(query) && compareProbes(query, set) < 0) this.#lostProbe = true;
    } else if (this.#state === "answering" && !(isProbing && this.#isOwnProbe(query))) {
      const answer = answerTo(query, set);
      if (answer.answers.length === 0) return;
      if (from.port !== MULTICAST_PORT) this.#answerOne(query, answer, from);
      else this.#answerAll(answer.answers, isProbing);
    }
  }

  /** What was sent comes back, over other interfaces as well. */
  #isOwnProbe({ authorities }: ReceivedPacket): boolean {
    const own = this.#options.allOwn();
    return authorities.some((theirs) => own.some((mine) => isSameRecord(mine, theirs))) &&
      !isConflicting(authorities, this.#records, own);
  }

  #onResponse(packet: ReceivedPacket): void {
    const records = [...packet.answers, ...packet.additionals];
    if (this.#state === "closed" || !isConflicting(records, this.#records, this.#options.allOwn())) return;
    if (this.#state === "probing") return this.#options.onTaken(this.#records.identity.label);
    if (performance.now() < this.#quietUntilMs) return;
    this.#quietUntilMs = performance.now() + CONFLICT_GAP_MS;
    this.claim(this.#records);
  }

  /** An answer to a program that knows nothing of multicast DNS: as a name server would give it. */
  #answerOne(query: ReceivedPacket, { answers, additionals }: Answer, from: Peer): void {
    if (query.questions.length > MAX_SINGLE_QUESTIONS || !this.#single.take(performance.now())) return;
    const forOne = (record: DnsRecord): DnsRecord => ({
      ...record,
      ttl: Math.min(record.ttl, SINGLE_TTL_SECONDS),
      flush: false,
    });
    const questions = query.questions.map(({ name, type }) => ({ name, type }));
    const packet = { id: query.id, questions, answers: answers.map(forOne), additionals: additionals.map(forOne) };
    // It asks again, or somebody else is at that port by now.
    this.#link.respond(packet, from).catch(() => {});
  }

  #answerAll(answers: readonly DnsRecord[], isDefence: boolean): void {
    for (const answer of answers) this.#pending.add(answer);
    if (isDefence) return this.#flush(isDefence);
    const { least, most } = SHARED_DELAY_MS;
    const isShared = answers.some(({ flush }) => !flush);
    this.#timer ??= setTimeout(() => this.#flush(false), isShared ? least + Math.random() * (most - least) : 0);
  }

  #flush(isDefence: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    const answers = [...this.#pending].filter((record) => this.#pace.allows(record, now, isDefence));
    this.#pending.clear();
    if (answers.length === 0) return;
    const additionals = additionalsOf(answers, this.#records);
    for (const record of answers) this.#pace.sent(record, now);
    this.#link.respond({ answers, additionals }).catch((error) => this.#options.onProblem(error));
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}
