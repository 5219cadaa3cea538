/**
 * The manual pages: complete, fresh, and rendered by the real tools without a warning.
 *
 * @module
 */

import { BLIT, flagsOf } from "../cli/table/mod.ts";
import { DAEMON_KEYS } from "../core/config/daemon_keys.ts";
import { DAEMON_FLAGS } from "../daemon/flags.ts";
import { renderPages } from "../tools/man.ts";
import { escape, fill } from "../tools/man/roff.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { PROJECT } from "./helpers/program.ts";
import { runTool } from "./helpers/shell.ts";

const pages = renderPages();

function pathOf(name: string): string {
  return `${PROJECT}/docs/man/${name}`;
}

/** What a reader sees, in lines that are too wide to be broken. */
function render(name: string): string {
  const { code, stdout, stderr } = runTool("groff", ["-ww", "-man", "-Tascii", "-P-cbou", "-rLL=2000n", pathOf(name)]);
  assertEquals([code, stderr], [0, ""], name);
  return new TextDecoder().decode(stdout);
}

Deno.test("the committed manual pages are what the tables give", () => {
  for (const [name, text] of pages) assertEquals(Deno.readTextFileSync(pathOf(name)) === text, true, name);
  const committed = [...Deno.readDirSync(`${PROJECT}/docs/man`)].map(({ name }) => name);
  assertEquals(committed.sort(), [...pages.keys()].sort());
});

Deno.test("text for roff is taken for nothing else", () => {
  assertEquals(fill(".TH is no request"), "\\&.TH is no request");
  assertEquals(fill("'quoted'"), "\\(aqquoted\\(aq");
  assertEquals(escape("a\\b ~x ^ `"), "a\\eb \\(tix \\(ha \\(ga");
  assertEquals(escape("well-known --dry-run -n 1-2"), "well-known \\-\\-dry\\-run \\-n 1\\-2");
});

testWhere(["groff"], "the manual pages say everything that the tables say", () => {
  const program = render("blit.1");
  for (const { name, summary } of BLIT.verbs) {
    assert(program.includes(`blit ${name}`) && program.includes(summary), name);
    for (const flag of flagsOf(name)) {
      const value = flag.value === undefined ? "" : ` ${flag.value}`;
      assert(program.includes(`--${flag.name}${flag.negatable ? `, --no-${flag.name}` : value}`), flag.name);
      assert(program.includes(flag.helpFor?.[name] ?? flag.help), `${name} --${flag.name}`);
    }
  }
  const daemon = render("blit-daemon.1");
  for (const name of Object.keys(DAEMON_FLAGS)) assert(daemon.includes(`--${name}`), name);
  const configuration = render("blit-daemon.toml.5");
  for (const { header, keys } of Object.values(DAEMON_KEYS)) {
    assert(configuration.includes(`THE TABLE ${header}`), header);
    for (const [key, { value }] of Object.entries(keys)) assert(configuration.includes(`${key} = ${value}`), key);
  }
});

testWhere(["groff", "man", "mandoc"], "man, groff and mandoc find nothing to warn of in the manual pages", () => {
  for (const name of pages.keys()) {
    const lint = runTool("mandoc", ["-T", "lint", "-W", "all", pathOf(name)]);
    assertEquals([lint.code, new TextDecoder().decode(lint.stdout), lint.stderr], [0, "", ""]);
    const man = runTool("man", ["--warnings=w", "--local-file", pathOf(name)]);
    assertEquals([man.code, man.stderr], [0, ""]);
    assert(man.stdout.length > 1000, name);
  }
});
