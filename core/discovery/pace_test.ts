import { assertEquals } from "@std/assert";
import { recordsOfNas } from "./_testing.ts";
import { RecordPace, TokenBucket } from "./pace.ts";

Deno.test("RecordPace lets a record be repeated after a second, or earlier to defend a name", () => {
  const pace = new RecordPace();
  const [service] = recordsOfNas().service;
  assertEquals(pace.allows(service, 5000, false), true);
  pace.sent(service, 5000);
  assertEquals([pace.allows(service, 5999, false), pace.allows(service, 6000, false)], [false, true]);
  assertEquals([pace.allows(service, 5249, true), pace.allows(service, 5250, true)], [false, true]);
  assertEquals(pace.allows(recordsOfNas().host[0], 5001, false), true);
});

Deno.test("TokenBucket lets through so many a second", () => {
  const bucket = new TokenBucket(20);
  const taken = (nowMs: number) => Array.from({ length: 100 }, () => bucket.take(nowMs)).filter(Boolean).length;
  assertEquals([taken(0), taken(0), taken(500), taken(60_000)], [20, 0, 10, 20]);
});
