import { assertEquals } from "@std/assert";
import { BLIT, flagsOf } from "../table/mod.ts";
import { CHOICES, completionModel } from "./model.ts";
import { completionScript, isShell } from "./mod.ts";

const model = completionModel(BLIT);

/** Arguments and values about which a shell knows nothing. */
const TEXTS = ["GLOB", "SIZE", "TIME", "N", "QUESTION"];

Deno.test("completionModel() knows what arguments and values are, or that they are mere text", () => {
  for (const { words, arguments: kinds, argumentNames, flags } of model.verbs) {
    const known: [string, string | undefined][] = [
      ...kinds.map((kind, i): [string, string] => [argumentNames[i], kind]),
      ...flags.map(({ placeholder, value }): [string, string | undefined] => [placeholder, value]),
    ];
    for (const [name, kind] of known) {
      assertEquals(kind === "text", TEXTS.includes(name), `${words.join(" ")}: ${name}`);
    }
  }
});

Deno.test("completionModel() has every verb with every flag, and says which flags exclude each other", () => {
  assertEquals(model.verbs.length, BLIT.verbs.length - 1);
  for (const verb of model.verbs) {
    const spellings = verb.flags.flatMap(({ spellings }) => spellings);
    for (const { name, short, negatable } of flagsOf(verb.words.join(" ") as typeof BLIT.verbs[number]["name"])) {
      const wanted = [`--${name}`, ...short ? [`-${short}`] : [], ...negatable ? [`--no-${name}`] : []];
      assertEquals(wanted.filter((spelling) => !spellings.includes(spelling)), []);
    }
  }
  const copy = model.verbs.find(({ words }) => words[0] === "copy")!;
  const excludesOf = (name: string) => copy.flags.find(({ spellings }) => spellings.includes(name))!.excludes;
  assertEquals(excludesOf("--quiet").includes("--verbose"), true);
  assertEquals(excludesOf("--no-progress"), ["--progress"]);
});

Deno.test("completionScript() is for any program of the table", () => {
  const program = { ...BLIT, name: "blit-utils", verbs: BLIT.verbs.filter(({ name }) => name === "list") };
  for (const shell of CHOICES.shell) {
    assertEquals(isShell(shell), true);
    const script = completionScript(shell, program);
    assertEquals(script.includes("blit-utils completions query") || script.includes("'blit-utils' completions"), true);
    assertEquals(/\bmirror\b|_blit_(?!utils)/.test(script), false, shell);
  }
});
