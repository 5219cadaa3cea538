/**
 * Which interfaces there are, and what can be reached over each of them.
 *
 * @module
 */

import { isLinkLocal, withoutZone } from "../wire/addresses.ts";

/** One address of an interface, as Deno tells it. */
export interface InterfaceAddress {
  readonly name: string;
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
  readonly netmask: string;
}

/** A part of the IPv4 addresses. */
export interface Subnet {
  readonly base: number;
  readonly mask: number;
}

/** An interface over which daemons are looked for or advertised. */
export interface LinkPlace {
  readonly name: string;
  /** The IPv4 address that the group is joined with; without one, IPv6 is used. */
  readonly address: string | undefined;
  /** What is on the link; whoever is elsewhere is not heard. */
  readonly subnets: readonly Subnet[];
  /** The addresses of this machine that are told on it. */
  readonly published: readonly string[];
}

const ALL_BITS = 0xffff_ffff;

/**
 * The interfaces on which a daemon is advertised that listens on this address: all but the loopback where it listens everywhere,
 * otherwise the one that has the address. Tunnels from one machine to another have no neighbours to tell.
 *
 * @param bind the address that is listened on, `::` and `0.0.0.0` for all
 */
export function placesFor(bind: string, addresses: readonly InterfaceAddress[]): LinkPlace[] {
  const wanted = withoutZone(bind);
  const everywhere = wanted === "::" || wanted === "0.0.0.0";
  return places(addresses).flatMap((place) => {
    const own = addresses.filter(({ name }) => name === place.name);
    if (everywhere) {
      if (own.some(isLoopback)) return [];
      return [{ ...place, published: published(own, wanted === "::") }];
    }
    return own.some(({ address }) => address === wanted) ? [{ ...place, published: [wanted] }] : [];
  }).filter((place) => place.published.length > 0);
}

/** The interfaces on which daemons are looked for, the loopback among them: a daemon may listen there only. */
export function placesToAsk(addresses: readonly InterfaceAddress[]): LinkPlace[] {
  return places(addresses);
}

/** Whether an IPv4 address is in one of these. */
export function isIn(subnets: readonly Subnet[], address: string): boolean {
  const number = parseIpv4(address);
  return number !== undefined && subnets.some(({ base, mask }) => (number & mask) >>> 0 === base);
}

function places(addresses: readonly InterfaceAddress[]): LinkPlace[] {
  const names = new Set(addresses.map(({ name }) => name));
  return [...names].flatMap((name) => {
    const own = addresses.filter((address) => address.name === name);
    const ipv4 = own.filter(({ family, netmask }) => family === "IPv4" && netmask !== "255.255.255.255");
    const hasLinkLocal = own.some(({ family, address }) => family === "IPv6" && isLinkLocal(address));
    if (ipv4.length === 0 && !hasLinkLocal) return [];
    return [{ name, address: ipv4[0]?.address, subnets: ipv4.flatMap(subnetOf), published: [] }];
  });
}

/** IPv4 first. A link-local address says nothing that the others of its interface do not, and needs a zone. */
function published(own: readonly InterfaceAddress[], withIpv6: boolean): string[] {
  const ipv4 = own.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  if (!withIpv6) return ipv4;
  const ipv6 = own.filter(({ family }) => family === "IPv6").map(({ address }) => address);
  const global = ipv6.filter((address) => !isLinkLocal(address));
  return [...ipv4, ...global.length > 0 ? global : ipv6];
}

function isLoopback({ address }: InterfaceAddress): boolean {
  return address.startsWith("127.") || address === "::1";
}

function subnetOf({ address, netmask }: InterfaceAddress): Subnet[] {
  const [number, mask] = [parseIpv4(address), parseIpv4(netmask)];
  return number === undefined || mask === undefined ? [] : [{ base: (number & mask) >>> 0, mask }];
}

function parseIpv4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return (parts.reduce((sum, part) => sum * 256 + part, 0) & ALL_BITS) >>> 0;
}
