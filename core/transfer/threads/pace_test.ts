import { assertEquals } from "@std/assert";
import { Pace } from "./pace.ts";

Deno.test("Pace.workersPay() waits until it has seen some work, unless much is known to be left", () => {
  const pace = new Pace(1000);
  assertEquals([1, 2, 3].map((task) => pace.workersPay(200, 1000 + task * 10)), [false, false, false]);
  assertEquals(pace.workersPay(200, 1040), true);
  assertEquals(new Pace(0).workersPay(299, 1), false);
  assertEquals(new Pace(0).workersPay(300, 1), true);
});

Deno.test("Pace.workersPay() judges what is left by what was done", () => {
  const afterFour = (outstanding: number, elapsedMs: number) => {
    const pace = new Pace(0);
    for (let i = 0; i < 3; i++) pace.workersPay(outstanding, 0);
    return pace.workersPay(outstanding, elapsedMs);
  };
  assertEquals(afterFour(30, 20), false); // 30 tasks of 5 ms
  assertEquals(afterFour(31, 20), true);
  assertEquals(afterFour(100, 11), false); // too early to tell
});
