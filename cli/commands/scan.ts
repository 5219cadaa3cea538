/**
 * `blit scan`.
 *
 * @module
 */

import { EXIT_STATUS } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import { PROTOCOL_NUMBER } from "../../core/wire/control/protocol.ts";
import { type FoundServer, scan } from "../../utils/scan.ts";
import { type Column, renderColumns } from "../columns.ts";
import { formatCount, formatElapsed } from "../format.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { parseWait } from "../parse/values.ts";
import { watchSignals } from "../signals.ts";
import { PROGRAM } from "../table/mod.ts";

/** Where there is no terminal, nothing has to be cut. */
const DEFAULT_COLUMNS = 10_000;

/** Runs the command and resolves with the exit status. */
export async function run({ flags }: Command, io: Io): Promise<number> {
  const controller = new AbortController();
  using signals = watchSignals(controller, io);
  const signal = AbortSignal.any([controller.signal, io.stdout.closed]);
  const found = await scan({ waitMs: flags.wait === undefined ? undefined : parseWait("wait", flags.wait), signal });
  const { servers, isFull, waitMs } = found;
  if (flags.json) { for (const server of servers) io.stdout.write(jsonLine({ type: "server", ...server })); }
  else if (servers.length > 0) io.stdout.write(table(servers, io.columns() ?? DEFAULT_COLUMNS));
  else if (signals.status === undefined) io.stdout.write(`No server has answered within ${formatElapsed(waitMs)}\n`);
  if (isFull) io.stderr.write(`${PROGRAM}: There may be more than these ${servers.length} servers\n`);
  return signals.status ?? EXIT_STATUS.done;
}

function table(servers: readonly FoundServer[], width: number): string {
  const column = (title: string, cell: (server: FoundServer) => string, rank?: number): Column => ({
    title,
    cells: servers.map((server) => cleanText(cell(server))),
    align: "left",
    ...(rank === undefined ? {} : { rank }),
  });
  const columns = [
    column("NAME", ({ name }) => name),
    column("SERVER", ({ server }) => server),
    column("VERSION", versionOf, 2),
    column("HOST", ({ host }) => host, 4),
    column("PORT", ({ port }) => String(port), 5),
    column("ADDRESSES", ({ addresses }) => addresses.join(" "), 6),
    column("MODULES", modulesOf, 1),
  ];
  return renderColumns(columns, servers.length, width).map((line) => `${line}\n`).join("");
}

/** With the protocol where it is another one, since such a server cannot be used. */
function versionOf({ version = "", protocol }: FoundServer): string {
  return protocol === undefined || protocol === PROTOCOL_NUMBER ? version : `${version} (protocol ${protocol})`.trim();
}

function modulesOf({ modules, moreModules }: FoundServer): string {
  const names = modules.map((name) => name === "" ? "//" : `/${name}`);
  return [...names, ...moreModules > 0 ? [`and ${formatCount(moreModules, "other", "others")}`] : []].join(" ");
}
