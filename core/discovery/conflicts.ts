/**
 * Whether somebody else uses a name that a daemon has for itself alone. Pure.
 *
 * @module
 */

import { type DnsRecord, encodeData, type ReceivedPacket, type ReceivedRecord } from "./multicast_dns.ts";
import { foldName, isSameName } from "./names.ts";
import type { RecordSet } from "./records.ts";

/** Numbers of the types by which records are put in order. */
const TYPES: Readonly<Record<string, number>> = { A: 1, TXT: 16, AAAA: 28, SRV: 33 };

/**
 * Whether somebody says about one of our names what we do not say. A text that differs is no sign: it changes with a reload, and
 * what was sent before may arrive late.
 *
 * @param own what this daemon says on any of its interfaces, since a packet may come back over another one
 */
export function isConflicting(
  records: readonly ReceivedRecord[],
  { identity: { instance, host } }: RecordSet,
  own: readonly DnsRecord[],
): boolean {
  return records.some((record) => {
    if (record.ttl === 0) return false;
    const isService = record.type === "SRV" && isSameName(record.name, instance);
    const isHost = (record.type === "A" || record.type === "AAAA") && isSameName(record.name, host);
    return (isService || isHost) && !own.some((mine) => isSameRecord(mine, record));
  });
}

/**
 * How two that want the same name at the same time compare (RFC 6762, section 8.2): whose records come later, has it.
 *
 * @returns more than 0 where we have it, less where they have it, 0 where they are ourselves
 */
export function compareProbes(probe: ReceivedPacket, set: RecordSet): number {
  for (const mine of [set.service, set.host]) {
    if (mine.length === 0) continue;
    const theirs = readRecords(probe.authorities.filter(({ name }) => isSameName(name, mine[0].name)));
    if (theirs.length === 0) continue;
    const order = compareSets(mine, theirs);
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether a packet asks whether one of our names is free; what it would use it for is with it. */
export function isProbe({ authorities }: ReceivedPacket, { identity: { instance, host } }: RecordSet): boolean {
  return authorities.some(({ name }) => isSameName(name, instance) || isSameName(name, host));
}

/** Whether two records say the same, whatever the time for which they may be remembered. */
export function isSameRecord(mine: DnsRecord, theirs: ReceivedRecord): boolean {
  if (mine.type !== theirs.type || !isSameName(mine.name, theirs.name)) return false;
  return readRecords([theirs]).some((read) => compareBytes(dataOf(mine), dataOf(read)) === 0);
}

function compareSets(mine: readonly DnsRecord[], theirs: readonly DnsRecord[]): number {
  const [ours, others] = [inOrder(mine), inOrder(theirs)];
  for (let i = 0; i < Math.min(ours.length, others.length); i++) {
    const order = compareRecords(ours[i], others[i]);
    if (order !== 0) return order;
  }
  return ours.length - others.length;
}

function inOrder(records: readonly DnsRecord[]): DnsRecord[] {
  return records.toSorted(compareRecords);
}

function compareRecords(a: DnsRecord, b: DnsRecord): number {
  return (TYPES[a.type] ?? 0) - (TYPES[b.type] ?? 0) || compareBytes(dataOf(a), dataOf(b));
}

/** Its data in a form that is the same for names that are. */
function dataOf(record: DnsRecord): Uint8Array {
  if (record.type === "PTR") return encodeData({ ...record, data: foldName(record.data) });
  if (record.type !== "SRV") return encodeData(record).subarray(2);
  return encodeData({ ...record, data: { ...record.data, target: foldName(record.data.target) } }).subarray(2);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Records of the types that Blit uses, with data of the form that belongs to the type. The decoder has made sure of that. */
function readRecords(records: readonly ReceivedRecord[]): DnsRecord[] {
  return records.filter(({ type, data }) =>
    data !== undefined && ["PTR", "SRV", "TXT", "A", "AAAA"].includes(type)
  ) as DnsRecord[];
}
