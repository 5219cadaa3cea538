/**
 * From which other daemons this one pulls on somebody's behalf.
 *
 * Off until rules allow it. A client chooses the name of the source, and with it what this machine connects to, so a rule
 * for a name is not enough to reach what only this machine can reach: loopback, link-local and private addresses need a
 * rule that names them as addresses. The name is resolved once, and the address that passed is the one to dial.
 *
 * @module
 */

import { BlockList, isIP } from "node:net";
import { DEFAULT_PORT } from "../endpoint.ts";
import { BlitError } from "../errors.ts";
import { cleanText } from "../paths/bytes.ts";
import { withoutZone, zoneOf } from "../wire/addresses.ts";

/** One source that is allowed, on one port. */
export interface DelegationRule {
  /** A name in lower case, or `undefined` for a rule that is about addresses. */
  readonly host?: string;
  /** The addresses of a rule that is about addresses. */
  readonly addresses?: BlockList;
  readonly port: number;
}

/** What a rule may look like, for messages. */
export const RULE_FORMS = '"nas.example", "nas.example:9040", "192.168.1.7", "10.0.0.0/8" or "[fd00::1]:9031"';

/** Loopback, link-local, private, shared, multicast and unspecified addresses. */
const SPECIAL_RANGES = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
  ["::", 127],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const;

const special = new BlockList();
for (const [network, prefix] of SPECIAL_RANGES) special.addSubnet(network, prefix, familyOf(network));

const HOST_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.?$/;

/** Reads a rule; `undefined` for a text that is none. */
export function parseDelegationRule(text: string): DelegationRule | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const target = bracketed ?? plain ?? (isIP(text.split("/")[0]) === 6 ? text : undefined);
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (target === undefined || port < 1 || port > 65_535) return undefined;
  const [address, prefix] = target.split("/");
  if (zoneOf(address) !== undefined) return undefined; // a rule is for an address in every zone
  if (isIP(address) !== 0) return addressRule(address, prefix, port);
  return HOST_NAME.test(target) && !/^[\d.]+$/.test(target) ? { host: normalizeName(target), port } : undefined;
}

/**
 * Resolves the source of a delegation and decides to which of its addresses to connect.
 *
 * @param resolve tells the addresses of a name; called once
 * @throws {BlitError} "refused" where no rule allows it; whatever `resolve` throws.
 */
export async function allowSource(
  rules: readonly DelegationRule[],
  source: { readonly host: string; readonly port: number },
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<string> {
  const { host, port } = source;
  const candidates = rules.filter((rule) => rule.port === port);
  if (candidates.length === 0) {
    throw refused(source, rules.length === 0 ? "it is not allowed here" : "no rule allows it");
  }
  const addresses = (isIP(host) === 0 ? await resolve(host) : [host]).map(unmapAddress);
  const allowed = addresses.find((address) => candidates.some((rule) => covers(rule, host, address)));
  if (allowed !== undefined) return allowed;
  const named = candidates.some((rule) => rule.host === normalizeName(host));
  throw refused(source, named ? "its address is one that needs a rule of its own" : "no rule allows it");
}

/** A zone says where an address is, not what it is; a list of addresses finds none that has one. */
function covers(rule: DelegationRule, host: string, zoned: string): boolean {
  const address = withoutZone(zoned);
  if (isIP(address) === 0) return false;
  if (rule.addresses !== undefined) return rule.addresses.check(address, familyOf(address));
  return rule.host === normalizeName(host) && !special.check(address, familyOf(address));
}

function addressRule(address: string, prefix: string | undefined, port: number): DelegationRule | undefined {
  const addresses = new BlockList();
  const most = isIP(address) === 4 ? 32 : 128;
  if (prefix === undefined) addresses.addAddress(address, familyOf(address));
  else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= most) {
    addresses.addSubnet(address, Number(prefix), familyOf(address));
  } else return undefined;
  return { addresses, port };
}

/** `::ffff:10.0.0.1` connects to 10.0.0.1, so it is judged as that. */
function unmapAddress(address: string): string {
  const [, dotted] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^(?:0*:)*:?ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || isIP(address) !== 6) return address;
  const [h, l] = [parseInt(high, 16), parseInt(low, 16)];
  return [h >> 8, h & 255, l >> 8, l & 255].join(".");
}

function normalizeName(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

function refused({ host, port }: { host: string; port: number }, reason: string): BlitError {
  return new BlitError("refused", `Cannot pull from "${cleanText(host)}", port ${port}: ${reason}`, {
    hint: "The configuration of the destination's daemon lists its sources under [delegation]",
  });
}
