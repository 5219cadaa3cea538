/**
 * Who may stop a job. Today an address is all that is known of a peer.
 *
 * @module
 */

import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether somebody at this address is on the daemon's own machine. */
export function isOperator(address: string): boolean {
  const plain = withoutMapping(address);
  const family = isIP(plain);
  return family !== 0 && loopback.check(plain, family === 4 ? "ipv4" : "ipv6");
}

/** Whether both are one address; nobody is where none is known. */
export function sameAddress(a: string, b: string): boolean {
  return a !== "" && withoutMapping(a) === withoutMapping(b);
}

/** On a socket for both families an address of IPv4 arrives as `::ffff:192.0.2.1`. */
function withoutMapping(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
}
