import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createTestIo } from "./_testing.ts";
import { BlitError } from "../core/errors.ts";
import { confirmDeletions } from "./confirm.ts";

const PLAN = { entries: 12, destination: "d\x1bst" };
const NEVER = new AbortController().signal;

Deno.test("confirmDeletions() asks on standard error and takes y and yes", async () => {
  for (const answer of ["y\n", "YES\r\n", " yes \n"]) {
    const io = createTestIo({ terminal: true, input: [answer] });
    assertEquals(await confirmDeletions(PLAN, io, NEVER), true);
    assertEquals([await io.out(), await io.err()], ["", 'Delete 12 entries from "d\\x1bst"? [y/N] ']);
  }
});

Deno.test("confirmDeletions() puts an answer together that arrives in pieces", async () => {
  const io = createTestIo({ terminal: true, input: ["ye", "s\n"] });
  assertEquals(await confirmDeletions(PLAN, io, NEVER), true);
});

Deno.test("confirmDeletions() refuses for every other answer, and for none", async () => {
  for (const input of [["n\n"], ["\n"], ["yellow\n"], ["n\ny\n"], []]) {
    const io = createTestIo({ terminal: true, input });
    const error = await assertRejects(() => confirmDeletions(PLAN, io, NEVER), BlitError, "it was not confirmed");
    assertEquals(error.code, "refused");
  }
});

Deno.test("confirmDeletions() refuses without a terminal and names --yes", async () => {
  const io = createTestIo({ input: ["y\n"] });
  const error = await assertRejects(() => confirmDeletions(PLAN, io, NEVER), BlitError, "no terminal to ask on");
  assertEquals(error.code, "refused");
  assertStringIncludes(error.hint, "--yes");
});

Deno.test("confirmDeletions() stops waiting when the run is interrupted", async () => {
  const controller = new AbortController();
  const io = {
    ...createTestIo({ terminal: true }),
    stdin: { isTerminal: () => true, read: () => new Promise<never>(() => {}) },
  };
  const answer = confirmDeletions(PLAN, io, controller.signal);
  controller.abort();
  assertEquals((await assertRejects(() => answer, BlitError)).code, "interrupted");
});
