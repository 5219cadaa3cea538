/**
 * What Blit uses of `multicast-dns` and `dns-packet`, with types.
 *
 * `dns-packet` is what `multicast-dns` reads and writes packets with. It puts a name's labels together with dots, so a label with
 * a dot in it cannot be told from two, and cannot be asked for.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { Socket } from "node:dgram";
import untypedPacket from "dns-packet";
import untypedMulticastDns from "multicast-dns";

/** Where a service is. */
export interface SrvData {
  readonly port: number;
  readonly target: string;
  readonly priority?: number;
  readonly weight?: number;
}

/** A record of one of the types that Blit uses. */
export type DnsRecord =
  & {
    readonly name: string;
    /** Seconds; 0 takes the record back. */
    readonly ttl: number;
    /** This record is all that there is with its name and type. */
    readonly flush?: boolean;
  }
  & (
    | { readonly type: "PTR"; readonly data: string }
    | { readonly type: "SRV"; readonly data: SrvData }
    | { readonly type: "TXT"; readonly data: readonly Uint8Array[] }
    | { readonly type: "A" | "AAAA"; readonly data: string }
  );

/** A record as it comes from the network: of any type, with data of any form. */
export interface ReceivedRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly data?: unknown;
}

/** A question; `class` is only there in received ones. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: string;
  readonly class?: string;
}

/** A packet as it comes from the network. */
export interface ReceivedPacket {
  readonly id: number;
  readonly type: "query" | "response";
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly ReceivedRecord[];
  readonly authorities: readonly ReceivedRecord[];
  readonly additionals: readonly ReceivedRecord[];
}

/** A packet to be sent. */
export interface OutgoingPacket {
  readonly id?: number;
  readonly questions?: readonly DnsQuestion[];
  readonly answers?: readonly DnsRecord[];
  readonly authorities?: readonly DnsRecord[];
  readonly additionals?: readonly DnsRecord[];
}

/** An address and a port. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** One socket that listens to the group. */
export interface MulticastDns {
  on(event: "ready", listener: () => void): this;
  on(event: "query" | "response", listener: (packet: ReceivedPacket, from: Peer) => void): this;
  on(event: "error" | "warning", listener: (error: Error) => void): this;
  query(packet: OutgoingPacket, done: (error: Error | null) => void): void;
  respond(packet: OutgoingPacket, to: Peer | null, done: (error: Error | null) => void): void;
  destroy(done?: () => void): void;
}

/** Options of {@linkcode createMulticastDns}. */
export interface MulticastDnsOptions {
  readonly socket: Socket;
  readonly type: "udp4" | "udp6";
  /** The group. */
  readonly ip: string;
  /** The address whose interface is used. */
  readonly interface: string;
  /** The address that is bound to, with port 5353; `false` for a socket that its owner binds. */
  readonly bind: string | false;
}

/** Listens to a socket, and sends to port 5353 of the group. */
export const createMulticastDns = untypedMulticastDns as unknown as (options: MulticastDnsOptions) => MulticastDns;

const packet = untypedPacket as unknown as {
  record(type: string): { encode(data: unknown): Buffer };
};

/** The data of a record as it stands in a packet, with its length in front. */
export function encodeData({ type, data }: DnsRecord): Uint8Array {
  return packet.record(type).encode(type === "TXT" ? [...data as readonly Uint8Array[]] : data);
}
