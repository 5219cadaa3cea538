/**
 * Which packets are worth being looked at: whole ones from the link itself, no more of them than a busy network has.
 *
 * It stands before the decoder. Names in a packet point at other names, so that a long packet can be made to cost much more than
 * it seems to; hence a budget in bytes and not in packets. The worst 9,000 bytes take two milliseconds to decode.
 *
 * @module
 */

/** The longest packet of multicast DNS (RFC 6762, section 17). */
const MAX_PACKET_BYTES = 9000;
/** Its head. */
const HEADER_BYTES = 12;
/** A question with the shortest name. */
const LEAST_QUESTION_BYTES = 5;
/** A record with the shortest name and no data. */
const LEAST_RECORD_BYTES = 11;
/** Questions and records together. */
const MAX_ITEMS = 256;
/** What is read in a second: four hundred packets as they are usual, an order more than a crowded network has. */
const BYTES_PER_SECOND = 128 * 1024;
/** The answers of a few hundred daemons that all say something at once. */
const BURST_BYTES = 256 * 1024;

/** Lets packets through as long as they fit into the budget of one interface. */
export class PacketGuard {
  #budget = BURST_BYTES;
  #seenMs: number;

  /** @param nowMs of a clock that only goes forward */
  constructor(nowMs: number) {
    this.#seenMs = nowMs;
  }

  /** Whether a packet may be decoded. */
  admits(packet: Uint8Array, nowMs: number): boolean {
    if (!isPlausible(packet)) return false;
    const earned = (nowMs - this.#seenMs) / 1000 * BYTES_PER_SECOND;
    this.#budget = Math.min(BURST_BYTES, this.#budget + earned);
    this.#seenMs = nowMs;
    if (this.#budget < packet.length) return false;
    this.#budget -= packet.length;
    return true;
  }
}

/** Whether as much as the head promises can be in a packet. The decoder believes the counts and makes room for them. */
export function isPlausible(packet: Uint8Array): boolean {
  const { length } = packet;
  if (length <= HEADER_BYTES || length > MAX_PACKET_BYTES) return false;
  const view = new DataView(packet.buffer, packet.byteOffset, length);
  const questions = view.getUint16(4);
  const records = view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  const leastBytes = HEADER_BYTES + questions * LEAST_QUESTION_BYTES + records * LEAST_RECORD_BYTES;
  return questions + records <= MAX_ITEMS && leastBytes <= length;
}
