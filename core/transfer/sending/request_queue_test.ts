import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { asByteString } from "../../paths/bytes.ts";
import type { RequestMode, WireRequest } from "../../wire/records.ts";
import { MOST_HASH_BYTES, MOST_REQUESTS } from "./bounds.ts";
import { ListedDirectories } from "./listed_directories.ts";
import { RequestQueue } from "./request_queue.ts";

function requestsOf(count: number, mode: RequestMode, first = 0): WireRequest[] {
  const target = { by: "path", path: [asByteString("file")] } as const;
  return Array.from({ length: count }, (_, i) => ({ id: first + i, target, mode }));
}

Deno.test("RequestQueue takes a bounded number of requests, and more when some are answered", () => {
  const queue = new RequestQueue(new ListedDirectories());
  queue.add(requestsOf(MOST_REQUESTS, { kind: "whole" }));
  assertThrows(() => queue.add(requestsOf(1, { kind: "whole" }, MOST_REQUESTS)), BlitError, "open requests");
  queue.answered(queue.take()!);
  queue.add(requestsOf(1, { kind: "whole" }, MOST_REQUESTS));
  assertEquals(queue.unanswered, MOST_REQUESTS);
});

Deno.test("RequestQueue takes a bounded number of hashes", () => {
  const hashes = new Uint8Array(1024 * 1024);
  const mode: RequestMode = { kind: "blocks", start: 0, blockBytes: 1024, hashes };
  const most = MOST_HASH_BYTES / hashes.length;
  const queue = new RequestQueue(new ListedDirectories());
  queue.add(requestsOf(most, mode));
  queue.answered(queue.take()!);
  queue.add(requestsOf(1, mode, most));
  assertThrows(() => queue.add(requestsOf(1, mode, most + 1)), BlitError, "bytes of hashes");
});

Deno.test("RequestQueue gives requests in the order in which they came, also after many", () => {
  const queue = new RequestQueue(new ListedDirectories());
  let next = 0;
  for (let id = 0; id < 3 * MOST_REQUESTS; id += 100) {
    queue.add(requestsOf(100, { kind: "whole" }, id));
    for (let i = 0; i < 99; i++) {
      const request = queue.take()!;
      assertEquals(request.id, next++);
      queue.answered(request);
    }
  }
});
