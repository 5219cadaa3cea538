import { create } from "@bufbuild/protobuf";
import { assert, assertEquals } from "../../tests/helpers/assert.ts";
import { JobStatus, type TransferEvent, TransferEventSchema } from "../../proto/blit/v2/blit_pb.ts";
import { heapGrowth } from "../../tests/helpers/heap.ts";
import { EventLog } from "./event_log.ts";

function notice(message: string): TransferEvent {
  return create(TransferEventSchema, { event: { case: "notice", value: { $typeName: "blit.v2.Notice", message } } });
}

function progress(): TransferEvent {
  const value = { $typeName: "blit.v2.Progress", scanComplete: false, currentPath: [], wireBytes: 0n } as const;
  return create(TransferEventSchema, { event: { case: "progress", value: { ...value, currentPath: [] } } });
}

function end(): TransferEvent {
  const value = { status: JobStatus.DONE } as never;
  return create(TransferEventSchema, { event: { case: "end", value } });
}

async function read(log: EventLog, after = 0n): Promise<TransferEvent[]> {
  log.complete();
  return await Array.fromAsync(log.follow(after, new AbortController().signal));
}

Deno.test("EventLog replays everything behind a sequence number", async () => {
  const log = new EventLog();
  for (const text of ["a", "b", "c"]) log.add(notice(text));
  assertEquals((await read(log, 1n)).map(({ sequence }) => sequence), [2n, 3n]);
  assertEquals((await read(log, 3n)).length, 0);
});

Deno.test("EventLog keeps the newest progress only", async () => {
  const log = new EventLog();
  log.add(notice("first"));
  for (let i = 0; i < 5000; i++) log.add(progress());
  log.add(end());
  const events = await read(log);
  assertEquals(events.map(({ event }) => event.case), ["notice", "progress", "end"]);
  assertEquals(events.map(({ sequence }) => sequence), [1n, 5001n, 5002n]);
});

Deno.test("EventLog holds 1,000 events and 256 KiB at most, the newest ones", async () => {
  const many = new EventLog();
  for (let i = 1; i <= 5000; i++) many.add(notice("x"));
  assertEquals((await read(many)).map(({ sequence }) => sequence).filter((_, i) => i % 999 === 0), [4001n, 5000n]);

  const large = new EventLog();
  for (let i = 1; i <= 100; i++) large.add(notice("x".repeat(10_000)));
  large.add(end());
  const kept = await read(large);
  assert(kept.length >= 25 && kept.length <= 27, `${kept.length} events are kept`);
  assertEquals(kept.at(-1)?.event.case, "end");

  const one = new EventLog();
  one.add(notice("x".repeat(500_000)));
  one.add(end());
  assertEquals((await read(one)).map(({ event }) => event.case), ["end"]);
});

Deno.test("EventLog.follow() goes on with what comes, and ends when its reader leaves", async () => {
  const log = new EventLog();
  log.add(notice("before"));
  const leaving = new AbortController();
  const seen: bigint[] = [];
  const reading = (async () => {
    for await (const { sequence } of log.follow(0n, leaving.signal)) seen.push(sequence);
  })();
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    log.add(notice("later"));
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(seen, [1n, 2n, 3n, 4n]);
  leaving.abort();
  await reading;
});

Deno.test("EventLog keeps nothing for a reader of what was read", async () => {
  const log = new EventLog();
  const left = new AbortController();
  let read = 0;
  const reading = (async () => {
    for await (const _ of log.follow(0n, left.signal)) read++;
  })();
  let added = 0;
  const grown = await heapGrowth(async () => {
    for (const end = added + 20_000; added < end;) {
      log.add(progress());
      added++;
      while (read < added) await Promise.resolve();
    }
  });
  assert(grown < 1_000_000, `${grown} bytes`);
  left.abort();
  await reading; // it ends with its signal, though no event comes
});
