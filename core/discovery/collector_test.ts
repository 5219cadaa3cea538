import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodePacket, encodePacket, received, recordsOfNas } from "./_testing.ts";
import { answerTo } from "./answers.ts";
import { Collector } from "./collector.ts";
import { compareProbes, isConflicting } from "./conflicts.ts";
import type { ReceivedPacket } from "./multicast_dns.ts";
import { isPlausible } from "./packet_guard.ts";
import { allRecords, goodbyeOf, recordsOf } from "./records.ts";
import { encodeText } from "./text.ts";

const SET = recordsOfNas();
const NAS = { name: "nas", host: "nas-blit.local", port: 9031, version: "0.1.0", protocol: 1, modules: ["", "media"] };

const say = (answers: ReceivedPacket["answers"]) => received({ type: "response", answers });

Deno.test("Collector puts a daemon together from any number of packets in any order", () => {
  const records = allRecords(SET);
  for (const order of [records, records.toReversed()]) {
    const collector = new Collector();
    // What came before its host was known is asked for again.
    for (let round = 0; round < 2; round++) for (const record of order) collector.add(say([record]), "eth0");
    assertEquals(collector.found, [{ ...NAS, addresses: ["10.0.0.1", "fd00::1"], moreModules: 0 }]);
    assertEquals(collector.missing, []);
  }
});

Deno.test("Collector asks for what is missing", () => {
  const collector = new Collector();
  const [pointer] = SET.shared;
  const asked = () => collector.missing.map(({ name, type }) => `${type} ${name}`);
  collector.add(say([pointer]), "eth0");
  assertEquals([asked(), collector.found], [["SRV nas._blit._tcp.local", "TXT nas._blit._tcp.local"], []]);
  collector.add(say(SET.service), "eth0");
  assertEquals([asked(), collector.found], [["A nas-blit.local", "AAAA nas-blit.local"], []]);
});

Deno.test("Collector takes a daemon on two interfaces for one, and two of one name for two", () => {
  const collector = new Collector();
  collector.add(say(allRecords(SET)), "eth0");
  collector.add(say(allRecords(recordsOfNas(["10.1.0.1", "fe80::1"]))), "eth1");
  const text = encodeText({ id: "2e", version: "0.1.0", protocol: 1, modules: [] });
  const other = recordsOf({ identity: SET.identity, port: 9031, text, addresses: ["10.2.0.1"] });
  collector.add(say(allRecords(other)), "eth2");
  assertEquals(collector.found.map(({ addresses }) => addresses), [
    ["10.0.0.1", "10.1.0.1", "fd00::1", "fe80::1%eth1"],
    ["10.2.0.1"],
  ]);
});

Deno.test("Collector forgets a daemon that says goodbye", () => {
  const collector = new Collector();
  collector.add(say(allRecords(SET)), "eth0");
  collector.add(say(goodbyeOf(SET)), "eth0");
  assertEquals(collector.found, []);
});

Deno.test("Collector keeps a bounded number of daemons and addresses", () => {
  const collector = new Collector();
  for (let i = 0; i < 3000; i++) {
    const identity = { label: "", instance: `d${i}._blit._tcp.local`, host: `h${i}.local` };
    const addresses = Array.from({ length: 40 }, (_, n) => `10.0.${i & 255}.${n}`);
    collector.add(say(allRecords(recordsOf({ identity, port: 1, text: [], addresses }))), "eth0");
  }
  assertEquals(collector.found.length, 256);
  assert(collector.found.every(({ addresses }) => addresses.length === 16));
  assert(collector.missing.length < 3000);
});

Deno.test("Collector takes no address that is none, and no host that could be something else", () => {
  const collector = new Collector();
  const bad = ["0.0.0.0", "::", "1.2.3.undefined"].map((data) => ({ name: "nas-blit.local", type: "A", ttl: 1, data }));
  const packet = say(SET.service);
  collector.add({ ...packet, answers: [...packet.answers, ...bad] }, "eth0");
  for (const target of ["-x", "a b", "a;b", "x\x1b[31m", ".", ""]) {
    const answers = [{ name: "evil._blit._tcp.local", type: "SRV", ttl: 1, data: { port: 1, target } }];
    collector.add({ ...packet, answers }, "eth0");
  }
  assertEquals(collector.found, []);
});

Deno.test("no packet makes a daemon or a scan fail", () => {
  const valid = [
    encodePacket({ type: "response", answers: allRecords(SET) }),
    encodePacket({ type: "query", questions: [{ name: "_blit._tcp.local", type: "PTR" }], answers: SET.shared }),
    encodePacket({ type: "query", questions: [], authorities: [...SET.service, ...SET.host] }),
  ];
  const edits = fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 12 });
  const changed = fc.tuple(fc.constantFrom(...valid), edits, fc.nat(700)).map(([packet, changes, length]) => {
    const bytes = Uint8Array.from(packet.subarray(0, length < 500 ? packet.length : length));
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });
  let decoded = 0;
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      if (!isPlausible(bytes)) return;
      let packet: ReceivedPacket;
      try {
        packet = decodePacket(bytes);
      } catch {
        return; // what cannot be decoded is dropped before anything of ours sees it
      }
      decoded++;
      const collector = new Collector();
      collector.add(packet, "eth0");
      assert(JSON.stringify(collector.found).length < 10_000);
      answerTo(packet, SET);
      compareProbes(packet, SET);
      isConflicting([...packet.answers, ...packet.additionals], SET, allRecords(SET));
    }),
    { numRuns: 3000 },
  );
  assert(decoded > 300, `only ${decoded} packets could be decoded`);
});
