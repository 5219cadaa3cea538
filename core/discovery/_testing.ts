/**
 * Packets for tests, as they come from the network.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import untypedPacket from "dns-packet";
import type { DnsRecord, ReceivedPacket, ReceivedRecord } from "./multicast_dns.ts";
import { identityOf } from "./names.ts";
import { type RecordSet, recordsOf } from "./records.ts";
import { encodeText } from "./text.ts";

const codec = untypedPacket as unknown as {
  encode(packet: object): Buffer;
  decode(bytes: Uint8Array): ReceivedPacket;
};

/** The bytes of a packet. */
export const encodePacket = codec.encode;
/** The packet of these bytes. */
export function decodePacket(bytes: Uint8Array): ReceivedPacket {
  return codec.decode(Buffer.from(bytes));
}

/** A packet as a neighbour would receive it. */
export function received(packet: Partial<ReceivedPacket>): ReceivedPacket {
  return decodePacket(encodePacket({ type: "query", ...packet }));
}

/** The records of a daemon `nas` on port 9031. */
export function recordsOfNas(addresses = ["10.0.0.1", "fd00::1"], port = 9031, attempt = 1): RecordSet {
  const text = encodeText({ id: "1f", version: "0.1.0", protocol: 1, modules: ["", "media"] });
  return recordsOf({ identity: identityOf("nas", attempt), port, text, addresses });
}

/** Records in words. */
export function show(records: readonly (DnsRecord | ReceivedRecord)[]): string[] {
  return records.map(({ name, type }) => `${type} ${name}`);
}
