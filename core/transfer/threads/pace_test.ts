import { assert, assertEquals } from "@std/assert";
import { expectEntries, type Outlook, Pace } from "./pace.ts";

const nothing: Outlook = { listed: [1], taken: [], directories: [], names: [], rangeBytes: 0 };

Deno.test("expectEntries() takes directories that wait for what others at their depth were", () => {
  assertEquals(expectEntries(100, nothing), 0);
  assertEquals(expectEntries(0, { ...nothing, names: [500] }), 500);
  // Below the root 9 directories with 20 entries each were listed, 5 wait.
  assertEquals(expectEntries(200, { ...nothing, listed: [1, 9], directories: [0, 5] }), 100);
  // The root has 400 directories; 32 were looked at, one of them is done: 20 files.
  const wide = { ...nothing, listed: [1, 1], taken: [32], directories: [0, 31], names: [368] };
  assert(expectEntries(52, wide) > 60_000);
  // One directory of files, with 500 of 600 still to do.
  assertEquals(expectEntries(101, { ...nothing, listed: [1, 1], taken: [0, 100], names: [0, 500] }), 500);
});

Deno.test("expectEntries() expects a branch that went on to go on", () => {
  // A chain of directories with three siblings at each step, whose deepest has just been listed.
  const chain = { ...nothing, listed: [1, 1, 1, 1], directories: [0, 3, 3, 3] };
  // The same number of directories, none of which had any below it.
  const flat = { ...nothing, listed: [1, 3], directories: [0, 9] };
  assert(expectEntries(400, chain) > 3 * expectEntries(400, flat));
  // What has been seen of one says little: no number without bounds.
  assert(expectEntries(400, { ...nothing, listed: [1, 1, 1, 1, 1], directories: [0, 99, 99, 99, 99] }) < 1e9);
});

Deno.test("Pace.workersPay() weighs what is left by the time that the last entries have taken", () => {
  const pace = new Pace(1000);
  assertEquals([pace.isDue(1014), pace.isDue(1015)], [false, true]);
  // The first 15 ms only warm up.
  assertEquals(pace.workersPay(50, { ...nothing, names: [9000] }, 1015), false);
  assertEquals([pace.isDue(1029), pace.isDue(1030)], [false, true]);
  assertEquals(pace.workersPay(350, { ...nothing, names: [3500] }, 1030), false); // 0.05 ms each
  assertEquals([pace.isDue(1032), pace.isDue(1033)], [false, true]);
  assertEquals(pace.workersPay(350, { ...nothing, names: [3700] }, 1030), true);
  assertEquals(pace.workersPay(350, { ...nothing, rangeBytes: 400 * 2 ** 20 }, 1030), false);
  assertEquals(pace.workersPay(350, { ...nothing, rangeBytes: 600 * 2 ** 20 }, 1030), true);
});
