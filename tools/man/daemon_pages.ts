/**
 * The manual pages of the daemon: its program, and its configuration.
 *
 * @module
 */

import { DAEMON_KEYS, type KeySpec, type TableSpec } from "../../core/config/daemon_keys.ts";
import {
  DAEMON_EXIT_CODES,
  DAEMON_FLAGS,
  DAEMON_NOTES,
  DAEMON_SUMMARY,
  type DaemonFlagSpec,
} from "../../daemon/flags.ts";
import { type PageFacts, reference } from "./program_page.ts";
import { bold, escape, fill, italic, item, literal, page, paragraph, section, title } from "./roff.ts";

/** `blit-daemon(1)`. */
export function daemonPage(facts: PageFacts): string {
  return page(title("blit-daemon", 1, facts), [
    section("NAME", "blit\\-daemon \\- exports directories to blit"),
    section("SYNOPSIS", `${bold("blit-daemon")}\n[${italic("FLAGS")}]`),
    section("DESCRIPTION", fill(DAEMON_SUMMARY.join(" ")), paragraph(DAEMON_NOTES.join(" ")), paragraph(NETWORK)),
    section("FLAGS", ...Object.entries<DaemonFlagSpec>(DAEMON_FLAGS).map(flagItem)),
    section("EXIT STATUS", ...DAEMON_EXIT_CODES.map(([status, meaning]) => item(bold(`${status}`), `${meaning}.`))),
    section("SEE ALSO", facts.seeAlso.map(reference).join(",\n")),
  ]);
}

const NETWORK =
  "There is neither encryption nor authentication: keep the port in a network that you trust. A module is a " +
  "wall: no name and no symbolic link leads out of it.";

/** `blit-daemon.toml(5)`. */
export function configurationPage(facts: PageFacts): string {
  return page(title("blit-daemon.toml", 5, facts), [
    section("NAME", "blit\\-daemon.toml \\- configuration of blit\\-daemon"),
    section("DESCRIPTION", ...ABOUT.map((text, i) => i === 0 ? fill(text) : paragraph(text))),
    ...Object.values<TableSpec>(DAEMON_KEYS).map(tableSection),
    section("EXAMPLES", literal(EXAMPLE)),
    section("SEE ALSO", facts.seeAlso.map(reference).join(",\n")),
  ]);
}

const ABOUT = [
  "The file that blit-daemon --config names, in TOML. Everything is optional, but for what is said to be needed. Relative " +
  "paths start at the directory of the file.",
  "A mistake keeps the daemon from starting, and a reload (SIGHUP) from changing anything; the message names the file, the " +
  "line, the key and what is allowed. An unknown key is a mistake.",
];

const EXAMPLE = [
  "[daemon]",
  'motd = "Maintenance on Sundays"',
  "",
  "[[module]]",
  'name = "media"',
  'path = "/srv/media"',
  "read_only = true",
];

function flagItem([name, { short, value, help }]: [string, DaemonFlagSpec]): string {
  const spellings = [`--${name}`, ...short === undefined ? [] : [`-${short}`]];
  const sentence = `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
  return item(spellings.map(bold).join(", ") + (value === undefined ? "" : ` ${italic(value)}`), sentence);
}

function tableSection({ header, help, keys }: TableSpec): string {
  return section(`"THE TABLE ${escape(header)}"`, fill(help), ...Object.entries(keys).map(keyItem));
}

function keyItem([name, { value, help, default: standard, required }]: [string, KeySpec]): string {
  const rest = [...required ? ["It is needed."] : [], ...standard === undefined ? [] : [`Default: ${standard}.`]];
  return item(`${bold(name)} = ${italic(value)}`, [help, ...rest].join(" "));
}
