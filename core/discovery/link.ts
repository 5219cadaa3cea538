/**
 * One interface: a socket in the group of multicast DNS.
 *
 * Every interface has a socket of its own, since a socket sends over one interface only. The system gives each of them what
 * arrives on any; what comes from elsewhere is dropped before it is decoded.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";
import { isLinkLocal } from "../wire/addresses.ts";
import { isIn, type LinkPlace } from "./interfaces.ts";
import {
  createMulticastDns,
  type MulticastDns,
  type OutgoingPacket,
  type Peer,
  type ReceivedPacket,
} from "./multicast_dns.ts";
import { PacketGuard } from "./packet_guard.ts";

/** The port of multicast DNS. Whoever asks from another one wants the answer for itself. */
export const MULTICAST_PORT = 5353;

/** Who hears what comes in. */
export interface LinkListener {
  onQuery?(packet: ReceivedPacket, from: Peer): void;
  onResponse?(packet: ReceivedPacket): void;
  /** One of the others has failed. */
  onProblem(error: unknown): void;
}

/** How a link is opened. */
export interface LinkOptions {
  /**
   * On a port of its own, so that answers come to it alone, and at once (RFC 6762, sections 5.1 and 6.7).
   * @default false
   */
  readonly ownPort?: boolean;
}

/** An interface that can be spoken and listened to, until it is closed. */
export class Link {
  readonly #at: { place: LinkPlace };
  readonly #mdns: MulticastDns;

  private constructor(at: { place: LinkPlace }, mdns: MulticastDns) {
    this.#at = at;
    this.#mdns = mdns;
  }

  /** The interface; its addresses may change, but for the one that the group was joined with. */
  get place(): LinkPlace {
    return this.#at.place;
  }
  set place(place: LinkPlace) {
    this.#at.place = place;
  }

  /** Joins the group; rejects where the port is taken or the permission is missing. */
  static open(place: LinkPlace, listener: LinkListener, { ownPort = false }: LinkOptions = {}): Promise<Link> {
    const { promise, resolve, reject } = Promise.withResolvers<Link>();
    const at = { place };
    const isIpv4 = place.address !== undefined;
    const type = isIpv4 ? "udp4" : "udp6";
    const any = isIpv4 ? "0.0.0.0" : "::"; // to hear what comes to the interface and to the group
    const socket = guard(createSocket({ type, reuseAddr: !ownPort }), at);
    const mdns = createMulticastDns({
      type,
      socket,
      ip: isIpv4 ? "224.0.0.251" : "ff02::fb",
      interface: place.address ?? `::%${place.name}`,
      bind: ownPort ? false : any,
    });
    mdns.on("error", reject);
    mdns.on("warning", () => {
      // A packet that cannot be decoded, or an interface that went away; whoever watches the interfaces sees to that.
    });
    const ready = (): void => resolve(new Link(at, mdns));
    if (ownPort) socket.once("error", reject).bind(0, any, ready);
    else mdns.on("ready", ready);
    mdns.on("query", (packet, from) => guarded(() => listener.onQuery?.(packet, from), listener));
    mdns.on("response", (packet, from) => {
      if (from.port === MULTICAST_PORT) guarded(() => listener.onResponse?.(packet), listener);
    });
    return promise.catch((error) => {
      mdns.destroy();
      throw error;
    });
  }

  /** Sends a question to everybody; resolves when the system has taken it. */
  query(packet: OutgoingPacket): Promise<void> {
    return sent((done) => this.#mdns.query(packet, done));
  }

  /** Sends an answer, to everybody unless it is for one only. */
  respond(packet: OutgoingPacket, to: Peer | null = null): Promise<void> {
    const zoned = to !== null && isLinkLocal(to.address) && !to.address.includes("%")
      ? { ...to, address: `${to.address}%${this.place.name}` }
      : to;
    return sent((done) => this.#mdns.respond(packet, zoned, done));
  }

  /** Leaves the group. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#mdns.destroy(resolve));
  }
}

/** A socket that passes on only what is worth being decoded. */
function guard(socket: Socket, at: { readonly place: LinkPlace }): Socket {
  const packets = new PacketGuard(performance.now());
  const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean;
  // In front of all listeners, the decoder among them.
  socket.emit = (event: string, ...values: unknown[]): boolean => {
    if (event !== "message") return emit(event, ...values);
    const [packet, from] = values as [Uint8Array, Peer];
    return isOnLink(from, at.place) && packets.admits(packet, performance.now()) && emit(event, ...values);
  };
  return socket;
}

/** An error in a listener would be nobody's, and end the process. */
function guarded(listen: () => void, { onProblem }: LinkListener): void {
  try {
    listen();
  } catch (error) {
    onProblem(error);
  }
}

function isOnLink({ address }: Peer, { subnets }: LinkPlace): boolean {
  return subnets.length > 0 ? isIn(subnets, address) : isLinkLocal(address);
}

function sent(send: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => send((error) => error ? reject(error) : resolve()));
}
