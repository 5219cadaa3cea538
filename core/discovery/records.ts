/**
 * What a daemon says on one interface, as records.
 *
 * @module
 */

import type { DnsRecord } from "./multicast_dns.ts";
import { type Identity, SERVICE_ENUMERATION, SERVICE_TYPE } from "./names.ts";

/** For how long others may remember a host or where a service is: such things change (RFC 6762, section 10). */
const HOST_SECONDS = 120;
/** For how long they may remember the rest. */
const OTHER_SECONDS = 4500;

/** What there is to say. */
export interface Advertised {
  readonly identity: Identity;
  readonly port: number;
  /** The entries of its text. */
  readonly text: readonly Uint8Array[];
  /** Addresses that are reached over this interface. */
  readonly addresses: readonly string[];
}

/** The records of a daemon on one interface. */
export interface RecordSet {
  readonly identity: Identity;
  /** Others have such records as well: which kinds of services there are, and which of our kind. */
  readonly shared: readonly DnsRecord[];
  /** Nobody else has these. */
  readonly service: readonly DnsRecord[];
  readonly host: readonly DnsRecord[];
}

/** The records for an interface. */
export function recordsOf({ identity, port, text, addresses }: Advertised): RecordSet {
  const { instance, host } = identity;
  return {
    identity,
    shared: [
      { name: SERVICE_TYPE, type: "PTR", ttl: OTHER_SECONDS, data: instance },
      { name: SERVICE_ENUMERATION, type: "PTR", ttl: OTHER_SECONDS, data: SERVICE_TYPE },
    ],
    service: [
      { name: instance, type: "SRV", ttl: HOST_SECONDS, flush: true, data: { port, target: host } },
      { name: instance, type: "TXT", ttl: OTHER_SECONDS, flush: true, data: text },
    ],
    host: addresses.map((address) => ({
      name: host,
      type: address.includes(":") ? "AAAA" : "A",
      ttl: HOST_SECONDS,
      flush: true,
      data: address,
    })),
  };
}

/** All records of a set. */
export function allRecords({ shared, service, host }: RecordSet): DnsRecord[] {
  return [...shared, ...service, ...host];
}

/** The records that take a set back. That a kind of service exists is not for one daemon to take back. */
export function goodbyeOf(set: RecordSet): DnsRecord[] {
  const [pointer] = set.shared;
  return [pointer, ...set.service, ...set.host].map((record) => ({ ...record, ttl: 0 }));
}
