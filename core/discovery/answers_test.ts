import { assertEquals } from "@std/assert";
import { received, recordsOfNas, show } from "./_testing.ts";
import { answerTo } from "./answers.ts";
import type { DnsQuestion, DnsRecord, ReceivedRecord } from "./multicast_dns.ts";
import { allRecords } from "./records.ts";

const SET = recordsOfNas();
const [POINTER] = SET.shared;
const SERVICE = ["SRV nas._blit._tcp.local", "TXT nas._blit._tcp.local"];
const HOST = ["A nas-blit.local", "AAAA nas-blit.local"];

function ask(questions: DnsQuestion[], answers: ReceivedRecord[] = []): [string[], string[]] {
  const answer = answerTo(received({ questions, answers }), SET);
  return [show(answer.answers), show(answer.additionals)];
}

Deno.test("answerTo() sends with an answer what will be asked next", () => {
  const cases: [string, string, string[], string[]][] = [
    ["_blit._tcp.local", "PTR", ["PTR _blit._tcp.local"], [...SERVICE, ...HOST]],
    ["_BLIT._TCP.Local", "ANY", ["PTR _blit._tcp.local"], [...SERVICE, ...HOST]],
    ["_services._dns-sd._udp.local", "PTR", ["PTR _services._dns-sd._udp.local"], []],
    ["nas._blit._tcp.local", "SRV", SERVICE.slice(0, 1), HOST],
    ["nas._blit._tcp.local", "TXT", SERVICE.slice(1), []],
    ["nas._blit._tcp.local", "ANY", SERVICE, HOST],
    ["Nas-Blit.local", "A", HOST.slice(0, 1), HOST.slice(1)],
    ["nas-blit.local", "AAAA", HOST.slice(1), HOST.slice(0, 1)],
  ];
  for (const [name, type, answers, additionals] of cases) {
    assertEquals(ask([{ name, type }]), [answers, additionals], `${type} ${name}`);
  }
});

Deno.test("answerTo() is silent about everything else", () => {
  for (const name of ["_http._tcp.local", "nas.local", "other._blit._tcp.local", "local", "."]) {
    assertEquals(ask([{ name, type: "ANY" }]), [[], []], name);
  }
  assertEquals(ask([{ name: "nas-blit.local", type: "TXT" }]), [[], []]);
  assertEquals(ask([{ name: "nas-blit.local", type: "A", class: "CH" }]), [[], []]);
});

Deno.test("answerTo() says nothing that is known for half of its time or longer", () => {
  const question = [{ name: "_blit._tcp.local", type: "PTR" }];
  const known = (ttl: number, data: unknown = POINTER.data): ReceivedRecord => ({ ...POINTER, ttl, data });
  assertEquals(ask(question, [known(2250)]), [[], []]);
  assertEquals(ask(question, [known(2249)])[0], ["PTR _blit._tcp.local"]);
  assertEquals(ask(question, [known(4500, "other._blit._tcp.local")])[0], ["PTR _blit._tcp.local"]);
  const withHost = ask(question, SET.host.map((record: DnsRecord) => ({ ...record })));
  assertEquals(withHost, [["PTR _blit._tcp.local"], SERVICE]);
});

Deno.test("answerTo() answers a question that allows an answer to its sender alone", () => {
  const query = received({ questions: [{ name: "nas-blit.local", type: "A" }] });
  const questions = [{ ...query.questions[0], class: "UNKNOWN_32769" }]; // as the decoder calls the bit
  assertEquals(show(answerTo({ ...query, questions }, SET).answers), HOST.slice(0, 1));
  assertEquals(allRecords(SET).length, 6);
});
