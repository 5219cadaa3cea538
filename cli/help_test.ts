import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT_STATUS } from "../core/errors.ts";
import { familyHelp, helpColumns, programHelp, verbHelp } from "./help.ts";
import { flagsOf, usageOf, VERBS } from "./table/mod.ts";

Deno.test("verbHelp() shows usage, every flag, the slash rule, an example, exit statuses and permissions", () => {
  for (const verb of VERBS.filter(({ name }) => name !== "help")) {
    const text = verbHelp(verb, 100);
    assertStringIncludes(text, `Usage: ${usageOf(verb)}\n`);
    const takesPaths = verb.arguments.includes("SOURCE");
    assertEquals(text.replaceAll(/\s+/g, " ").includes("A slash at the end of SOURCE"), takesPaths);
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
    for (
      const text of [
        programHelp(columns),
        familyHelp("diagnostics", columns),
        ...VERBS.map((verb) => verbHelp(verb, columns)),
      ]
    ) {
      const wide = text.split("\n").filter((line) => line.length > columns && !line.startsWith("  blit "));
      assertEquals(wide, []);
    }
  }
});

Deno.test("familyHelp() lists the verbs that begin with a word, and no others", () => {
  const text = familyHelp("diagnostics", 80);
  assertStringIncludes(text, "Usage: blit diagnostics VERB");
  for (const { name } of VERBS) assertEquals(text.includes(`\n  ${name} `), name.startsWith("diagnostics "), name);
});

Deno.test("programHelp() groups the verbs", () => {
  const text = programHelp(80);
  const positions = ["Moving and comparing:", "  copy ", "Looking:", "  profile ", "Help:", "  help "];
  const found = positions.map((part) => text.indexOf(`\n${part}`));
  assert(found.every((position) => position > 0));
  assertEquals(found, found.toSorted((a, b) => a - b));
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
