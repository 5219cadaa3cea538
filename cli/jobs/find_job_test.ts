import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../../core/errors.ts";
import { zeroCounters } from "../../core/events.ts";
import type { RemoteJob } from "../../core/transfer/remote/jobs.ts";
import { findJob, shortIds } from "./find_job.ts";
import { liveRows } from "./job_rows.ts";

function job(id: string, place = "/m/"): RemoteJob {
  const rest = { verb: "copy", role: "push", peer: "192.0.2.1", status: "active", startedMs: 0 } as const;
  return { id, place, ...rest, counters: zeroCounters() };
}

const JOBS = ["6f1c0000-a", "6f1c0000-b", "70000000-c", "7"].map((id) => job(id));

Deno.test("findJob() takes an id and the beginning of one, and guesses nothing", () => {
  assertEquals(findJob(JOBS, "6f1c0000-b")?.id, "6f1c0000-b");
  assertEquals(findJob(JOBS, "70")?.id, "70000000-c");
  assertEquals(findJob(JOBS, "7")?.id, "7");
  assertEquals(findJob(JOBS, "x"), undefined);
  assertEquals(assertThrows(() => findJob(JOBS, "6f"), BlitError, "2 begin so").code, "usage");
});

Deno.test("shortIds() shortens what stays different, and cleans it", () => {
  const short = shortIds([...JOBS, job("\x1b[2J-and more")]);
  assertEquals(["6f1c0000-a", "70000000-c", "\x1b[2J-and more"].map(short), ["6f1c0000-a", "70000000", "\\x1b[2J-and"]);
});

Deno.test("liveRows() keep to the width and height of a terminal, and clean what a peer has said", () => {
  const jobs = Array.from({ length: 20 }, (_, i) => job(`${i}`.padStart(8, "0"), `/m/\x1b[2J${"long ".repeat(40)}`));
  for (const [width, height] of [[200, 30], [80, 10], [40, 3], [20, 4]]) {
    const rows = liveRows(jobs, () => ({ bytes: 2048, ms: 1000 }), { width, height });
    assertEquals(rows.length <= height, true, `${rows.length} rows in ${height}`);
    assertEquals(rows.every((row) => row.length <= width && !row.includes("\x1b")), true);
    const shown = rows.filter((row) => /^0000/.test(row)).length;
    assertEquals(rows.at(-1), shown === 20 ? rows.at(-1) : `and ${20 - shown} others`);
  }
});
