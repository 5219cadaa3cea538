/**
 * The frame around every record:
 *
 * ```text
 * bytes   what
 * 0 - 3   length of the payload, at most MAX_PAYLOAD_BYTES
 * 4 - 7   CRC-32 of: number of the record (u32, the first is 1, wraps around), type, payload
 * 8       type
 * 9 -     payload
 * ```
 *
 * All numbers are little-endian. The number of the record is not sent; that it is part of the checksum makes a record that was
 * lost, doubled or swapped as visible as a flipped bit.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** Bytes before the payload. */
export const HEADER_BYTES = 9;
/** Where the checksum is in a header. */
export const CHECKSUM_AT = 4;
/** Where the type is in a header; from here on everything is in the checksum. */
export const TYPE_AT = 8;

const number = new Uint8Array(4);
const numberView = new DataView(number.buffer);

/** The checksum of type and payload of the record with this number. */
export function checksum(recordNumber: number, typeAndPayload: Uint8Array): number {
  numberView.setUint32(0, recordNumber, true);
  return crc32(typeAndPayload, crc32(number));
}

/** The checksum of more payload, behind what a checksum is known of. */
export function continueChecksum(checksum: number, more: Uint8Array): number {
  return crc32(more, checksum);
}
