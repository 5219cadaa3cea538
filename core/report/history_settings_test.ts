import { assert, assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { holdLock, TestDirectory } from "./_testing.ts";
import { isEnabled, setEnabled } from "./history_settings.ts";

Deno.test("isEnabled() remembers what setEnabled() said, and is true before", () => {
  using directory = new TestDirectory();
  const config = directory.join("not/yet");
  assertEquals(isEnabled(config), true);
  setEnabled(config, false);
  assertEquals(isEnabled(config), false);
  assertEquals(JSON.parse(Deno.readTextFileSync(`${config}/perf.json`)), { history: false });
  setEnabled(config, true);
  assertEquals(isEnabled(config), true);
  assertEquals([...Deno.readDirSync(config)].map(({ name }) => name).sort(), ["perf.json", "perf_local.lock"]);
});

Deno.test("isEnabled() takes damaged settings for a no", () => {
  using directory = new TestDirectory();
  for (const text of ["", "{", "[]", "null", '{"history":"false"}']) {
    Deno.writeTextFileSync(directory.join("perf.json"), text);
    assertEquals(isEnabled(directory.path), false, text);
  }
  Deno.removeSync(directory.join("perf.json"));
  Deno.mkdirSync(directory.join("perf.json"));
  assertEquals(isEnabled(directory.path), false);
});

Deno.test("setEnabled() keeps other settings and replaces damaged ones", () => {
  using directory = new TestDirectory();
  Deno.writeTextFileSync(directory.join("perf.json"), '{"later":1}');
  assertEquals(isEnabled(directory.path), true);
  setEnabled(directory.path, false);
  assertEquals(JSON.parse(Deno.readTextFileSync(directory.join("perf.json"))), { later: 1, history: false });
  Deno.writeTextFileSync(directory.join("perf.json"), "{");
  setEnabled(directory.path, true);
  assertEquals(isEnabled(directory.path), true);
});

Deno.test("setEnabled() says when it could not", () => {
  using directory = new TestDirectory();
  Deno.writeTextFileSync(directory.join("file"), "");
  assertThrows(() => setEnabled(directory.join("file"), false), BlitError);
  using _lock = holdLock(directory.path);
  const error = assertThrows(() => setEnabled(directory.path, false), BlitError) as BlitError;
  assertEquals(error.code, "busy");
  assert(isEnabled(directory.path));
});
