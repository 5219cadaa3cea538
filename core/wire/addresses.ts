/**
 * Addresses as text. Of IPv6 some mean something on one link only; those have a zone behind them, the interface that leads there:
 * `fe80::1%eth0`, on Windows `fe80::1%12`.
 *
 * @module
 */

/** Whether an IPv6 address means something on its link only. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address);
}

/** Whether an address is one at which every machine reaches itself. */
export function isLoopback(address: string): boolean {
  return /^(?:127\.|::ffff:127\.|::1$)/i.test(address);
}

/** The interface that leads to an address, where it is written behind it. */
export function zoneOf(address: string): string | undefined {
  const percent = address.indexOf("%");
  return percent < 0 ? undefined : address.slice(percent + 1);
}

/** The address alone. */
export function withoutZone(address: string): string {
  return address.replace(/%.*$/s, "");
}
