import { assert, assertEquals } from "@std/assert";
import { received, recordsOfNas } from "./_testing.ts";
import { compareProbes, isConflicting, isProbe, isSameRecord } from "./conflicts.ts";
import { allRecords, goodbyeOf, type RecordSet } from "./records.ts";

const SET = recordsOfNas();
const OWN = [...allRecords(SET), ...allRecords(recordsOfNas(["10.1.0.1"]))];

const probeOf = ({ service, host }: RecordSet) => received({ authorities: [...service, ...host] });
const answersOf = (set: RecordSet) => received({ type: "response", answers: allRecords(set) }).answers;

Deno.test("isConflicting() sees another place under the name of the service, or another address", () => {
  assert(isConflicting(answersOf(recordsOfNas(["10.0.0.1"], 9032)), SET, OWN));
  assert(isConflicting(answersOf(recordsOfNas(["10.0.0.2"])), SET, OWN));
});

Deno.test("isConflicting() takes what comes back, and what is taken back, for nothing else", () => {
  assertEquals(isConflicting(answersOf(SET), SET, OWN), false);
  assertEquals(isConflicting(answersOf(recordsOfNas(["10.1.0.1"])), SET, OWN), false);
  assertEquals(isConflicting(answersOf(recordsOfNas(undefined, 9032, 2)), SET, OWN), false);
  const goodbye = received({ type: "response", answers: goodbyeOf(recordsOfNas(["10.0.0.2"], 9032)) });
  assertEquals(isConflicting(goodbye.answers, SET, OWN), false);
});

Deno.test("compareProbes() gives a name to the one whose records come later, on both sides", () => {
  const pairs: [RecordSet, RecordSet][] = [
    [recordsOfNas(undefined, 9031), recordsOfNas(undefined, 9032)],
    [recordsOfNas(["10.0.0.1"]), recordsOfNas(["10.0.0.2"])],
    [recordsOfNas(["10.0.0.1"]), recordsOfNas(["10.0.0.1", "fd00::1"])],
  ];
  for (const [earlier, later] of pairs) {
    assert(compareProbes(probeOf(later), earlier) < 0);
    assert(compareProbes(probeOf(earlier), later) > 0);
    assertEquals(compareProbes(probeOf(later), later), 0);
  }
});

Deno.test("isProbe() is about our names only", () => {
  assertEquals([isProbe(probeOf(SET), SET), isProbe(probeOf(recordsOfNas([], 1, 2)), SET)], [true, false]);
});

Deno.test("isSameRecord() ignores the case of names and the time for which they may be remembered", () => {
  const [service] = SET.service;
  const theirs = { name: "NAS._blit._tcp.LOCAL", type: "SRV", ttl: 1, data: { port: 9031, target: "NAS-blit.local" } };
  assertEquals(isSameRecord(service, theirs), true);
  assertEquals(isSameRecord(service, { ...theirs, data: { port: 9032, target: "nas-blit.local" } }), false);
  assertEquals(isSameRecord(service, { ...theirs, data: undefined }), false);
});
