/**
 * The manual pages, from the tables that the programs themselves read.
 *
 * `deno task man` writes them to `docs/man/`, to be committed; `deno task check` fails when they are not what the tables give.
 *
 * @module
 */

import { BLIT, BLIT_UTILS } from "../cli/table/mod.ts";
import { VERSION } from "../core/version.ts";
import { configurationPage, daemonPage } from "./man/daemon_pages.ts";
import { programPage } from "./man/program_page.ts";

const DIRECTORY = new URL("../docs/man/", import.meta.url);

/** The day of the latest change that readers of the pages would notice. */
const DATE = "2026-11-21";

/** Each page, and what makes it from the facts that all pages have. */
const PAGES: Readonly<Record<string, (facts: { date: string; version: string; seeAlso: string[] }) => string>> = {
  "blit.1": (facts) => programPage(BLIT, facts),
  "blit-utils.1": (facts) => programPage(BLIT_UTILS, facts),
  "blit-daemon.1": daemonPage,
  "blit-daemon.toml.5": configurationPage,
};

/** All pages as they should be, by their names. */
export function renderPages(): Map<string, string> {
  const names = Object.keys(PAGES);
  return new Map(names.map((name) => {
    const seeAlso = names.filter((other) => other !== name).map((other) => other.replace(/\.(\d)$/, "($1)"));
    return [name, PAGES[name]({ date: DATE, version: VERSION, seeAlso })];
  }));
}

async function check(): Promise<boolean> {
  let isFresh = true;
  for (const [name, text] of renderPages()) {
    if (await Deno.readTextFile(new URL(name, DIRECTORY)).catch(() => "") === text) continue;
    console.error(`docs/man/${name} is not what the tables give: run "deno task man" and commit it`);
    isFresh = false;
  }
  return isFresh;
}

if (import.meta.main) {
  switch (Deno.args[0]) {
    case "generate":
      await Deno.mkdir(DIRECTORY, { recursive: true });
      for (const [name, text] of renderPages()) await Deno.writeTextFile(new URL(name, DIRECTORY), text);
      break;
    case "check":
      if (!await check()) Deno.exit(1);
      break;
    default:
      console.error("Usage: deno run -A tools/man.ts generate|check");
      Deno.exit(2);
  }
}
