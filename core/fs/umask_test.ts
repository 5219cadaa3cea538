import { assertEquals } from "@std/assert";
import { isUnix } from "./_testing.ts";
import { readUmask } from "./umask.ts";

Deno.test({
  name: "readUmask() reads what Deno.umask() reads",
  ignore: !isUnix,
  fn: () => assertEquals(readUmask(), Deno.umask()),
});
