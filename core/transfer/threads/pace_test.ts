import { assertEquals } from "@std/assert";
import { expectEntries, Pace } from "./pace.ts";

const nothing = { directoriesListed: 1, directories: 0, names: 0, ranges: 0 };

Deno.test("expectEntries() takes directories that wait for what the others were", () => {
  assertEquals(expectEntries(100, nothing), 0);
  assertEquals(expectEntries(0, { ...nothing, names: 500 }), 500);
  // 10 directories with 20 entries each were listed, 5 wait.
  assertEquals(expectEntries(200, { ...nothing, directoriesListed: 10, directories: 5 }), 100);
  // The root has 400 directories; 32 were looked at, one of them is done: 20 files.
  const root = { directoriesListed: 2, directories: 31, names: 368, ranges: 0 };
  assertEquals(expectEntries(52, root) > 5000, true);
});

Deno.test("Pace.workersPay() weighs what is left by the time that entries have taken", () => {
  const pace = new Pace(1000);
  assertEquals([pace.isDue(1014), pace.isDue(1015)], [false, true]);
  assertEquals(pace.workersPay(200, { ...nothing, names: 2000 }, 1020), false); // 0.1 ms each
  assertEquals(pace.isDue(1021), false);
  assertEquals(pace.workersPay(200, { ...nothing, names: 3000 }, 1020), true);
  assertEquals(pace.workersPay(200, { ...nothing, ranges: 51 }, 1020), true);
});
