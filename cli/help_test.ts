import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT_STATUS } from "../core/errors.ts";
import { helpColumns, programHelp, verbHelp } from "./help.ts";
import { flagsOf, usageOf, VERBS } from "./table/mod.ts";

Deno.test("verbHelp() shows usage, every flag, the slash rule, an example, exit statuses and permissions", () => {
  for (const verb of VERBS.filter(({ name }) => name !== "help")) {
    const text = verbHelp(verb, 100);
    assertStringIncludes(text, `Usage: ${usageOf(verb)}\n`);
    assertStringIncludes(text.replaceAll(/\s+/g, " "), "A slash at the end of SOURCE");
    assertStringIncludes(text, verb.examples[0].command);
    for (const flag of flagsOf(verb.name)) assertStringIncludes(text, flag.name);
    for (const status of Object.values(EXIT_STATUS)) assertStringIncludes(text, `\n  ${status} `);
    assert(text.lastIndexOf("Permissions instead of -A:") > text.lastIndexOf("Exit status:"));
  }
});

Deno.test("verbHelp() shows only the flags of the verb, in its words", () => {
  const [copy, verify] = ["copy", "verify"].map((name) => verbHelp(VERBS.find((verb) => verb.name === name)!, 100));
  assert(!copy.includes("--max-delete") && copy.includes("--dry-run"));
  assert(!verify.includes("--dry-run") && verify.includes("which is what verify does anyway"));
});

Deno.test("help texts stay within the columns", () => {
  for (const columns of [60, 80, 100]) {
    for (const text of [programHelp(columns), ...VERBS.map((verb) => verbHelp(verb, columns))]) {
      const wide = text.split("\n").filter((line) => line.length > columns && !line.startsWith("  blit "));
      assertEquals(wide, []);
    }
  }
});

Deno.test("programHelp() lists every verb and how to go on", () => {
  const text = programHelp(80);
  for (const verb of VERBS) assertStringIncludes(text, `\n  ${verb.name} `);
  assertStringIncludes(text, "blit VERB --help");
  assertStringIncludes(text, "Exit status:");
});

Deno.test("helpColumns() follows the terminal up to 100 columns, and is 80 without one", () => {
  assertEquals([undefined, 200, 90, 10].map(helpColumns), [80, 100, 90, 40]);
});
