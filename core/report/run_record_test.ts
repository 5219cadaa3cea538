import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { learn } from "../plan/predictor.ts";
import { sampleRun } from "./_testing.ts";
import { formatRun, parseRun, type RunRecord, runTime } from "./run_record.ts";

Deno.test("parseRun() reads what formatRun() wrote", () => {
  const run = sampleRun();
  assertEquals(parseRun(formatRun(run)!), { kind: "run", run });
  assertEquals(formatRun(run)!.indexOf("\n"), formatRun(run)!.length - 1);
});

Deno.test("formatRun() writes no path and no name, whatever it is given", () => {
  const talkative = {
    ...sampleRun({ source: { type: "/home/secret", device: "ssd" }, destination: { type: "a secret", device: "ssd" } }),
    currentPath: "secret",
  };
  const line = formatRun(talkative)!;
  assert(!line.includes("secret"), line);
  assertEquals(JSON.parse(line).source.type, "unknown");
  for (const field of ["time", "verb", "route", "fileSystem"] as const) {
    assertEquals(formatRun({ ...sampleRun(), [field]: "secret" as never }), undefined);
  }
});

Deno.test("formatRun() refuses what could not be read back", () => {
  const wrong: Partial<RunRecord>[] = [
    { files: -1 },
    { bytes: 0.5 },
    { copyingMs: NaN },
    { planningMs: Infinity },
    { time: "2026-01-31" },
    { sameDevice: 1 as never },
    { checksum: 0 as never },
    { schema: 2 as never },
    { source: { type: "ext4", device: "tape" as never } },
  ];
  for (const fields of wrong) assertEquals(formatRun(sampleRun(fields)), undefined);
});

Deno.test("parseRun() tells a later schema from damage", () => {
  assertEquals(parseRun('{"schema":2,"anything":true}').kind, "newer");
  for (const line of ["", "{", "null", "1", "[]", "{}", '{"schema":1}', '{"schema":"2"}', '{"schema":0}']) {
    assertEquals(parseRun(line).kind, "damaged", line);
  }
  for (const name of Object.keys(sampleRun())) {
    assertEquals(parseRun(JSON.stringify({ ...sampleRun(), [name]: undefined })).kind, "damaged", name);
  }
});

Deno.test("parseRun() ignores fields that were added", () => {
  assertEquals(parseRun(JSON.stringify({ ...sampleRun(), added: 1 })), { kind: "run", run: sampleRun() });
});

Deno.test("parseRun() never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => assert(parseRun(line).kind !== "run")));
});

Deno.test("runTime() is UTC to the second", () => {
  assertEquals(runTime(new Date("2026-01-31T13:00:00.999+01:00")), "2026-01-31T12:00:00Z");
});

Deno.test("a RunRecord is what the predictor learns from", () => {
  assertEquals(learn([sampleRun()]).size, 1);
});
