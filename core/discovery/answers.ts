/**
 * What a daemon answers to a question. Pure.
 *
 * @module
 */

import type { DnsQuestion, DnsRecord, ReceivedPacket } from "./multicast_dns.ts";
import { isSameName } from "./names.ts";
import { allRecords, type RecordSet } from "./records.ts";
import { isSameRecord } from "./conflicts.ts";

/** An answer; empty where nothing is to be said. */
export interface Answer {
  readonly answers: DnsRecord[];
  /** What whoever asked will want to know next. */
  readonly additionals: DnsRecord[];
}

/** The Internet, anything, and both with the bit for "answer me alone, if you like". */
const CLASSES = new Set(["IN", "ANY", "UNKNOWN_32769", "UNKNOWN_33023"]);

/** What a daemon knows about the questions of a packet and whoever asks does not know already. */
export function answerTo(query: ReceivedPacket, set: RecordSet): Answer {
  const answers = allRecords(set).filter((record) =>
    query.questions.some((question) => isAbout(question, record)) && !isKnown(record, query)
  );
  return { answers, additionals: additionalsOf(answers, set).filter((record) => !isKnown(record, query)) };
}

/** The records that go with others: what a pointer points at, and the addresses. */
export function additionalsOf(answers: readonly DnsRecord[], set: RecordSet): DnsRecord[] {
  const has = (type: string, data?: unknown): boolean =>
    answers.some((answer) => answer.type === type && (data === undefined || answer.data === data));
  const next = [
    ...has("PTR", set.identity.instance) ? set.service : [],
    ...has("PTR", set.identity.instance) || has("SRV") || has("A") || has("AAAA") ? set.host : [],
  ];
  return next.filter((record) => !answers.includes(record));
}

function isAbout(question: DnsQuestion, { name, type }: DnsRecord): boolean {
  if (question.type !== type && question.type !== "ANY") return false;
  return isSameName(question.name, name) && CLASSES.has(question.class ?? "IN");
}

/** Whether the one who asks has it, for at least half as long as it may be remembered (RFC 6762, section 7.1). */
function isKnown(record: DnsRecord, query: ReceivedPacket): boolean {
  return query.answers.some((known) => (known.ttl ?? 0) >= record.ttl / 2 && isSameRecord(record, known));
}
