/**
 * A daemon says on all its interfaces that it is there.
 *
 * @module
 */

import { hostname } from "node:os";
import { type LinkPlace, placesFor } from "./interfaces.ts";
import type { DnsRecord } from "./multicast_dns.ts";
import { type Identity, identityOf, nameOfMachine } from "./names.ts";
import { readInterfaces } from "./read_interfaces.ts";
import { allRecords, type RecordSet, recordsOf } from "./records.ts";
import { Responder } from "./responder.ts";
import { encodeText, type ServiceText } from "./text.ts";

/** How often the interfaces are looked at: cables, radio networks and addresses come and go. */
const LOOK_MS = 3000;
/** Names that are tried one after the other without a pause. */
const QUICK_ATTEMPTS = 10;
const ATTEMPT_PAUSE_MS = 5000;
/** Whoever finds so many names taken has a neighbour who takes them all. */
const MAX_ATTEMPTS = 100;
/** Problems that are told; each of them once. */
const MAX_PROBLEMS = 16;

/** What is told about a daemon. */
export type AdvertisedText = Omit<ServiceText, "id">;

/** Options of {@linkcode advertise}. */
export interface AdvertiseOptions {
  /** What it wants to be called. @default {the name of this machine} */
  readonly name?: string | undefined;
  /** The address that it listens on, `::` or `0.0.0.0` for all. */
  readonly bind: string;
  readonly port: number;
  readonly text: AdvertisedText;
  /**
   * It can be found under this name, which is another one than it wanted where that is taken, on these interfaces. Called again
   * for interfaces that come later, and for another name.
   */
  onAdvertised(name: string, interfaces: string[]): void;
  /** It cannot be found, or not everywhere; told once for each reason. It goes on trying. */
  onProblem(reason: string): void;
}

/** A daemon that can be found, until it is stopped. */
export interface Advertisement {
  /** Says something else about it from now on. */
  update(text: AdvertisedText): void;
  /** Takes everything back and resolves when that is said. */
  stop(): Promise<void>;
}

/** Begins to advertise; whatever goes wrong is told to `onProblem`. */
export function advertise(options: AdvertiseOptions): Advertisement {
  return new Advertiser(options);
}

class Advertiser implements Advertisement {
  readonly #options: AdvertiseOptions;
  readonly #id = crypto.randomUUID().slice(0, 8);
  readonly #told = new Set<string>();
  readonly #responders = new Map<string, Responder>();
  #name: string;
  #attempt = 1;
  #text: Uint8Array[];
  /** Under which name each was told of last. */
  readonly #advertised = new WeakMap<Responder, string>();
  #looking: Promise<void> | undefined;
  #interval: ReturnType<typeof setInterval>;
  #stopped = false;

  constructor(options: AdvertiseOptions) {
    this.#options = options;
    this.#text = encodeText({ id: this.#id, ...options.text });
    this.#name = options.name ?? this.#machineName();
    this.#interval = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  update(text: AdvertisedText): void {
    this.#text = encodeText({ id: this.#id, ...text });
    for (const responder of this.#responders.values()) responder.change(this.#recordsFor(responder.place));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#interval);
    await this.#looking;
    const responders = [...this.#responders.values()];
    await Promise.all(responders.map((responder) => responder.goodbye()));
    await Promise.all(responders.map((responder) => responder.close()));
  }

  get #identity(): Identity {
    return identityOf(this.#name, this.#attempt);
  }

  #machineName(): string {
    try {
      return nameOfMachine(hostname());
    } catch {
      return nameOfMachine(""); // the permission is missing; a name of one's own is none the worse
    }
  }

  /** Joins interfaces that are there now, leaves those that went away, and tells what addresses they have. */
  #look(): void {
    this.#looking ??= this.#follow().catch((error) => this.#problem(error)).finally(() => this.#looking = undefined);
  }

  async #follow(): Promise<void> {
    const places = placesFor(this.#options.bind, readInterfaces("advertise this daemon"));
    if (places.length === 0) this.#problem(new Error("there is no network interface"));
    const wanted = new Map(places.map((place) => [keyOf(place), place]));
    for (const [key, responder] of [...this.#responders]) {
      if (wanted.has(key)) continue;
      this.#responders.delete(key);
      await responder.close();
    }
    for (const [key, place] of wanted) {
      const responder = this.#responders.get(key);
      if (responder === undefined) await this.#join(key, place);
      else if (!isSamePlace(responder.place, place)) responder.change(this.#recordsFor(place), place);
    }
  }

  async #join(key: string, place: LinkPlace): Promise<void> {
    try {
      const responder = await Responder.open(place, this.#recordsFor(place), {
        allOwn: () => this.#allOwn(),
        onTaken: (label) => this.#onTaken(label),
        onAnnounced: () => this.#onAnnounced(),
        onProblem: (error) => this.#leave(key, error),
      });
      this.#responders.set(key, responder);
      if (!this.#stopped) responder.claim(this.#recordsFor(place));
    } catch (error) {
      this.#problem(error, place.name);
    }
  }

  /** Gives an interface up until the next look. */
  #leave(key: string, error: unknown): void {
    const responder = this.#responders.get(key);
    if (responder === undefined || this.#stopped) return;
    this.#problem(error, responder.place.name);
    this.#responders.delete(key);
    responder.close();
  }

  #onTaken(label: string): void {
    // Several interfaces may tell the same.
    if (label !== this.#identity.label || this.#stopped) return;
    if (this.#attempt >= MAX_ATTEMPTS) return this.#giveUp();
    for (const responder of this.#responders.values()) responder.goodbye();
    this.#attempt++;
    const delayMs = this.#attempt <= QUICK_ATTEMPTS ? 0 : ATTEMPT_PAUSE_MS;
    for (const responder of this.#responders.values()) responder.claim(this.#recordsFor(responder.place), { delayMs });
  }

  #giveUp(): void {
    this.#problem(new Error(`every name up to "${this.#identity.label}" is taken`));
    this.#stopped = true;
    clearInterval(this.#interval);
    for (const responder of this.#responders.values()) responder.close();
    this.#responders.clear();
  }

  /** Tells it once for all interfaces, which are a moment apart, and once more for those that come later. */
  #onAnnounced(): void {
    const { label } = this.#identity;
    const fresh = [...this.#responders.values()].filter((responder) => this.#advertised.get(responder) !== label);
    if (fresh.length === 0 || this.#stopped) return;
    for (const responder of fresh) this.#advertised.set(responder, label);
    this.#options.onAdvertised(label, fresh.map(({ place }) => place.name));
  }

  #recordsFor({ published }: LinkPlace): RecordSet {
    const { port } = this.#options;
    return recordsOf({ identity: this.#identity, port, text: this.#text, addresses: published });
  }

  #allOwn(): DnsRecord[] {
    return [...this.#responders.values()].flatMap(({ records }) => allRecords(records));
  }

  #problem(error: unknown, interfaceName?: string): void {
    const reason = error instanceof Error ? error.message : String(error);
    const told = interfaceName === undefined ? reason : `${interfaceName}: ${reason}`;
    if (this.#stopped || this.#told.has(told) || this.#told.size >= MAX_PROBLEMS) return;
    this.#told.add(told);
    this.#options.onProblem(told);
  }
}

/** What a socket is bound to for good. */
function keyOf({ name, address = "" }: LinkPlace): string {
  return `${name} ${address}`;
}

function isSamePlace(a: LinkPlace, b: LinkPlace): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
