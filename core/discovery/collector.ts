/**
 * Records from the network -> daemons. Pure, and bounded whatever comes in.
 *
 * @module
 */

import { cleanText } from "../paths/bytes.ts";
import { isLinkLocal } from "../wire/addresses.ts";
import { type FoundDaemon, MAX_FOUND } from "./mod.ts";
import type { DnsQuestion, ReceivedPacket, ReceivedRecord, SrvData } from "./multicast_dns.ts";
import { foldName, isSameName, labelOf, SERVICE_TYPE } from "./names.ts";
import { type FoundText, readText } from "./text.ts";

const MAX_ADDRESSES = 16;
/** Services that are remembered. One that is on several interfaces is one for each of them. */
const MAX_SERVICES = 4 * MAX_FOUND;
/** Hosts whose addresses are remembered: those of daemons, and some that were renamed. */
const MAX_HOSTS = 2 * MAX_SERVICES;
/** Letters, digits, dashes, underscores and dots, as host names are made of. */
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^[0-9a-f:]*:[0-9a-f:]*$/;
/** Nobody can be reached there. */
const NOWHERE = new Set(["0.0.0.0", "::", "255.255.255.255"]);

interface Service {
  readonly label: string;
  /** Names are unique on one interface only. */
  readonly interfaceName: string;
  place?: SrvData;
  text?: FoundText;
}

/** What has been heard so far. */
export class Collector {
  readonly #services = new Map<string, Service>();
  /** Of hosts that have daemons. */
  readonly #addresses = new Map<string, Set<string>>();

  /** Takes in a response that came over the interface of this name. */
  add({ answers, additionals }: ReceivedPacket, interfaceName: string): void {
    const records = [...answers, ...additionals];
    for (const record of records) this.#addService(record, interfaceName);
    for (const record of records) this.#addAddress(record, interfaceName);
  }

  /** The daemons that are known well enough to be reached, each once, sorted by name. */
  get found(): FoundDaemon[] {
    const merged = new Map<string, FoundDaemon>();
    for (const service of this.#services.values()) {
      const daemon = this.#describe(service);
      if (daemon === undefined) continue;
      const key = JSON.stringify([daemon.name, service.text?.id ?? [daemon.host, daemon.port]]);
      const addresses = merged.get(key)?.addresses ?? [];
      merged.set(key, { ...daemon, addresses: inOrder(new Set([...addresses, ...daemon.addresses])) });
    }
    return [...merged.values()].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0).slice(0, MAX_FOUND);
  }

  /** What has to be asked to know the rest. */
  get missing(): DnsQuestion[] {
    return [...this.#services].flatMap(([key, { interfaceName, place, text }]) => {
      const name = key.slice(interfaceName.length + 1);
      return [
        ...place === undefined ? [{ name, type: "SRV" }] : [],
        ...text === undefined ? [{ name, type: "TXT" }] : [],
        ...place !== undefined && !this.#addresses.get(keyOf(place.target, interfaceName))?.size
          ? [{ name: place.target, type: "A" }, { name: place.target, type: "AAAA" }]
          : [],
      ];
    });
  }

  #addService({ name, type, ttl, data }: ReceivedRecord, interfaceName: string): void {
    const isGone = ttl === 0;
    if (type === "PTR" && isSameName(name, SERVICE_TYPE) && typeof data === "string") {
      if (isGone) this.#services.delete(keyOf(data, interfaceName));
      else this.#serviceOf(data, interfaceName);
    } else if (type === "SRV" && !isGone && isPlace(data)) {
      const service = this.#serviceOf(name, interfaceName);
      if (service === undefined) return;
      service.place = data;
      const host = keyOf(data.target, interfaceName);
      if (!this.#addresses.has(host) && this.#addresses.size < MAX_HOSTS) this.#addresses.set(host, new Set());
    } else if (type === "TXT" && !isGone && Array.isArray(data)) {
      const service = this.#serviceOf(name, interfaceName);
      if (service !== undefined) service.text = readText(data.filter((entry) => entry instanceof Uint8Array));
    }
  }

  /** The service of this name, a new one where there is room; `undefined` for other kinds of services. */
  #serviceOf(instance: string, interfaceName: string): Service | undefined {
    const key = keyOf(instance, interfaceName);
    const known = this.#services.get(key);
    if (known !== undefined) return known;
    const label = labelOf(instance);
    if (label === undefined || this.#services.size >= MAX_SERVICES) return undefined;
    const service: Service = { label: cleanText(label), interfaceName };
    this.#services.set(key, service);
    return service;
  }

  #addAddress({ name, type, ttl, data }: ReceivedRecord, interfaceName: string): void {
    if ((type !== "A" && type !== "AAAA") || ttl === 0 || typeof data !== "string") return;
    const known = this.#addresses.get(keyOf(name, interfaceName));
    if (known === undefined || known.size >= MAX_ADDRESSES) return;
    if (!(type === "A" ? IPV4 : IPV6).test(data) || NOWHERE.has(data)) return;
    known.add(isLinkLocal(data) ? `${data}%${interfaceName}` : data);
  }

  #describe({ label, interfaceName, place, text }: Service): FoundDaemon | undefined {
    if (place === undefined) return undefined;
    const addresses = [...this.#addresses.get(keyOf(place.target, interfaceName)) ?? []];
    if (addresses.length === 0) return undefined;
    const { version, protocol, modules = [], moreModules = 0 } = text ?? {};
    const versions = { ...(version !== undefined && { version }), ...(protocol !== undefined && { protocol }) };
    return { name: label, host: place.target, port: place.port, addresses, ...versions, modules, moreModules };
  }
}

/** IPv4 first, and last what needs a zone, which not every program understands. */
function inOrder(addresses: ReadonlySet<string>): string[] {
  const rankOf = (address: string): number => isLinkLocal(address) ? 2 : address.includes(":") ? 1 : 0;
  return [...addresses].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, MAX_ADDRESSES);
}

/** A name on an interface. */
function keyOf(name: string, interfaceName: string): string {
  return `${interfaceName}\0${foldName(name)}`;
}

function isPlace(data: unknown): data is SrvData {
  if (typeof data !== "object" || data === null) return false;
  const { port, target } = data as Partial<SrvData>;
  return typeof port === "number" && port > 0 && typeof target === "string" && HOST.test(target);
}
