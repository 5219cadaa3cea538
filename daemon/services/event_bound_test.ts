import { create } from "@bufbuild/protobuf";
import { assertEquals, assertRejects } from "@std/assert";
import { BlitError } from "../../core/errors.ts";
import { AsyncQueue } from "../../core/transfer/remote/async_queue.ts";
import { type TransferEvent, TransferEventSchema } from "../../proto/blit/v2/blit_pb.ts";
import { EventBound } from "./event_bound.ts";

const EVENTS = 20_000;
/** Of 4 KiB: more than may wait in all. */
const PATH = Array.from({ length: 16 }, () => new Uint8Array(256));

function createEvent(): TransferEvent {
  return create(TransferEventSchema, { event: { case: "entries", value: { entries: [{ path: PATH }] } } });
}

Deno.test("EventBound ends a queue that nobody reads, once, with a reason and without what waited", async () => {
  const queue = new AsyncQueue<{ event: TransferEvent }>();
  let full = 0;
  const bound = new EventBound(queue, () => full++);
  for (let i = 0; i < EVENTS; i++) {
    const event = createEvent();
    bound.push(event, { event });
  }
  assertEquals(full, 1);
  const error = await assertRejects(() => bound.answers().next(), BlitError, "the client does not read them");
  assertEquals(error.code, "stalled");
});

Deno.test("EventBound lets any number of events pass that are read", async () => {
  const queue = new AsyncQueue<{ event: TransferEvent }>();
  let full = 0;
  const bound = new EventBound(queue, () => full++);
  const answers = bound.answers();
  for (let i = 0; i < EVENTS; i++) {
    const event = createEvent();
    bound.push(event, { event });
    assertEquals((await answers.next()).value?.event === event, true);
  }
  queue.end();
  assertEquals([(await answers.next()).done, full], [true, 0]);
});
