/**
 * What entries are called on their machine, on the wire and off it.
 *
 * @module
 */

/** Bytes of one: two entries on all the machines of the world never share it. */
export const IDENTITY_BYTES = 16;
/** Most that are told of one place, the place itself first: what is further up is hardly ever the other end of a transfer. */
export const MOST_IDENTITIES = 64;

/** For a message; each is in hexadecimal digits. */
export function toWireIdentities(identities: readonly string[]): Uint8Array<ArrayBuffer>[] {
  return identities.slice(0, MOST_IDENTITIES).map((digits) => Uint8Array.fromHex(digits));
}

/** What a peer has told: the first one is of the place itself, so one that makes no sense makes the others worth nothing too. */
export function fromWireIdentities(identities: readonly Uint8Array[]): string[] {
  const told = identities.slice(0, MOST_IDENTITIES);
  return told.every(({ length }) => length === IDENTITY_BYTES) ? told.map((bytes) => bytes.toHex()) : [];
}
