import { assertEquals } from "@std/assert";
import { createSummary } from "./_testing.ts";
import { closingSentence, cutShortSentence } from "./phrases.ts";

Deno.test("closingSentence() names everything that was done, and nothing else", () => {
  const summary = createSummary({
    filesCopied: 1,
    bytesCopied: 512,
    directoriesCreated: 2,
    symlinksCopied: 1,
    hardLinksCreated: 1,
    specialsCopied: 1,
    repaired: 3,
    deleted: 4,
  });
  assertEquals(
    closingSentence(summary),
    "Copied 1 file (512 bytes), 2 directories, 1 symbolic link, 1 hard link, 1 special file; " +
      "repaired 3 entries; deleted 4 entries in 1.5 s",
  );
});

Deno.test("closingSentence() says that nothing was to do only when nothing failed", () => {
  assertEquals(closingSentence(createSummary({ entriesFound: 1 })), "Nothing to do: 1 entry checked in 1.5 s");
  assertEquals(
    closingSentence(createSummary({ entriesFound: 2, failed: 2, status: "partial" })),
    "Nothing was changed: 2 entries checked in 1.5 s; 2 entries failed",
  );
});

Deno.test("closingSentence() says what was left out", () => {
  const filtered = { entriesFound: 3, filtered: 2 };
  assertEquals(
    closingSentence(createSummary(filtered)),
    "Nothing to do: 3 entries checked in 1.5 s; left out 2 entries",
  );
  assertEquals(
    closingSentence(createSummary({ ...filtered, verb: "verify" })),
    "No differences in 3 entries, 1.5 s; left out 2 entries",
  );
});

Deno.test("closingSentence() knows how a move was done", () => {
  const move = { verb: "move", removed: 3 } as const;
  assertEquals(
    closingSentence(createSummary({ ...move, filesCopied: 2, bytesCopied: 9 })),
    "Moved 2 files (9 bytes) in 1.5 s",
  );
  assertEquals(closingSentence(createSummary(move)), "Removed 3 entries in 1.5 s");
  assertEquals(
    closingSentence(createSummary({ ...move, route: "rename" })),
    'Moved "src" to "dst" by renaming in 1.5 s',
  );
});

Deno.test("closingSentence() speaks of a plan after a dry run", () => {
  const summary = createSummary({ dryRun: true, verb: "move", filesCopied: 1, bytesCopied: 5, deleted: 2 });
  assertEquals(closingSentence(summary), "Would move 1 file (5 bytes); delete 2 entries");
});

Deno.test("closingSentence() of verify counts differences and what could not be compared", () => {
  const verify = { verb: "verify", entriesFound: 5 } as const;
  assertEquals(closingSentence(createSummary(verify)), "No differences in 5 entries, 1.5 s");
  assertEquals(
    closingSentence(createSummary({ ...verify, differences: 1, failed: 1 })),
    "1 difference in 5 entries, 1.5 s; 1 entry could not be compared",
  );
});

Deno.test("cutShortSentence() says what had been done", () => {
  assertEquals(cutShortSentence(createSummary(), "Stopped"), "Stopped after 1.5 s: nothing was changed");
  assertEquals(
    cutShortSentence(createSummary({ filesCopied: 1, bytesCopied: 1 }), "Interrupted"),
    "Interrupted after 1.5 s: copied 1 file (1 byte)",
  );
  // A daemon that is killed tells nothing any more.
  const untold = { isUntold: true };
  assertEquals(cutShortSentence(createSummary(), "Stopped", untold), "Stopped after 1.5 s: no change is known of");
  assertEquals(
    cutShortSentence(createSummary({ filesCopied: 1, bytesCopied: 1 }), "Stopped", untold),
    "Stopped after 1.5 s: copied 1 file (1 byte) at least",
  );
});
