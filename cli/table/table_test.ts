import { assert, assertEquals } from "@std/assert";
import { parseRequest } from "../parse/mod.ts";
import { FLAG_CONFLICTS, FLAG_GROUPS, FLAGS, type FlagSpec, VERB_GROUPS, VERBS } from "./mod.ts";

const flags: readonly FlagSpec[] = FLAGS;

Deno.test("FLAGS holds every name and every letter once", () => {
  const names = flags.flatMap((flag) => flag.negatable ? [flag.name, `no-${flag.name}`] : [flag.name]);
  const letters = flags.flatMap((flag) => flag.short ?? []);
  assertEquals(new Set(names).size, names.length);
  assertEquals(new Set(letters).size, letters.length);
});

Deno.test("FLAGS gives letters and negations to switches only, and a placeholder to everything else", () => {
  for (const flag of flags) {
    const isSwitch = flag.type === "boolean";
    assert(isSwitch || (flag.short === undefined && !flag.negatable), flag.name);
    assertEquals(flag.value === undefined, isSwitch, flag.name);
    assert(FLAG_GROUPS.includes(flag.group) && flag.verbs.length > 0, flag.name);
  }
});

Deno.test("FLAGS and VERBS are worded as sentences without a final period", () => {
  const texts = [
    ...flags.flatMap((flag) => [flag.help, ...Object.values(flag.helpFor ?? {})]),
    ...VERBS.map((v) => v.summary),
  ];
  for (const text of texts) assert(/^[A-Z].*[^.]$/s.test(text), text);
});

Deno.test("FLAG_CONFLICTS names flags that exist", () => {
  const names = flags.map((flag) => flag.name);
  for (const conflict of FLAG_CONFLICTS) for (const name of conflict.flags) assert(names.includes(name), name);
});

Deno.test("verify has no flag that only makes sense for writing", () => {
  const names = flags.filter((flag) => flag.verbs.includes("verify")).map((flag) => flag.name);
  for (const name of ["dry-run", "force", "yes", "delete-excluded", "ignore-existing"]) {
    assert(!names.includes(name), name);
  }
});

Deno.test("VERBS is in the order of its groups, and no verb is the first word of another", () => {
  const groups = VERBS.map(({ group }) => VERB_GROUPS.indexOf(group));
  assertEquals(groups, groups.toSorted((a, b) => a - b));
  for (const { name } of VERBS) assert(!VERBS.some((other) => other.name.startsWith(`${name} `)), name);
});

Deno.test("VERBS explains every verb: notes, examples that parse, permissions", async () => {
  for (const verb of VERBS) {
    for (const { command } of verb.examples) {
      const request = await parseRequest(command.split(" ").slice(1));
      assertEquals(request.kind === "command" ? request.verb : request.kind, verb.name);
    }
    assertEquals(verb.notes.length > 0 && verb.permissions.length > 0, verb.name !== "help", verb.name);
    assert(verb.examples.length > 0);
  }
});
