/**
 * `blit diagnostics dump` for people: labels and values under headings.
 *
 * @module
 */

import type { Endpoint } from "../../core/endpoint.ts";
import type { FileSystemCapabilities, Volume } from "../../core/fs/mod.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import { formatBytes, formatNumber } from "../format.ts";
import { describeWorkers } from "../phrases.ts";
import type { Dump } from "./dump.ts";
import type { KeptHistory } from "./kept_history.ts";
import type { PermissionState } from "./permissions.ts";
import { describeProfile } from "./profile_name.ts";

/** A label, and what there is to say. */
type Row = readonly [label: string, value: string];

const LABEL_WIDTH = 13;
const UNKNOWN = "cannot be told";

/** The whole dump as text. Nothing in it can move a terminal's cursor. */
export function describeDump(dump: Dump): string {
  const { source, destination, implementation, route } = dump;
  return [
    section("Source", [
      ["typed", source.typed],
      ["endpoint", describeEndpoint(source.endpoint)],
      ["transferred", source.transfers === null ? UNKNOWN : TRANSFERS[source.transfers]],
      ["file system", describeVolume(source.fileSystem)],
    ]),
    section("Destination", [
      ["typed", destination.typed],
      ["endpoint", describeEndpoint(destination.endpoint)],
      ["goes to", describeTarget(destination)],
      ["file system", describeVolume(destination.fileSystem) + (dump.sameDevice ? ", the one of the source" : "")],
    ]),
    section("A copy", [
      ["route", route === null ? UNKNOWN : `${route.route}, ${describeWorkers(route.workers)} (${route.reason})`],
      ["processors", formatNumber(dump.processors)],
      ["file access", `${implementation.name}, because ${implementation.reason}`],
      ...capabilityRows(implementation.capabilities),
    ]),
    section("Permissions", dump.permissions.map(describePermission)),
    section("History", historyRows(dump.history)),
    section("Problems", problemRows(dump.problems)),
  ].join("\n");
}

function section(title: string, rows: readonly Row[]): string {
  const lines = rows.map(([label, value]) => `  ${label.padEnd(LABEL_WIDTH)}${cleanText(value)}`.trimEnd());
  return [title, ...lines].map((line) => `${line}\n`).join("");
}

const TRANSFERS = {
  directory: "the directory itself",
  contents: "what is in the directory",
  entry: "one entry that is no directory",
} as const;

function describeEndpoint(endpoint: Endpoint | null): string {
  if (endpoint === null) return UNKNOWN;
  if (endpoint.kind === "local") return "a local path";
  const { host, port, module, path } = endpoint;
  const where = module === undefined ? "its default root" : `its module "${module}"`;
  return `server "${host}", port ${port}, "${path}" in ${where}`;
}

function describeTarget({ path, exists }: Dump["destination"]): string {
  if (path === null) return UNKNOWN;
  return exists ? `${path}, which exists` : `${path}, which does not exist yet`;
}

function describeVolume(volume: Volume | null): string {
  if (volume === null) return UNKNOWN;
  const size = `${formatBytes(volume.freeBytes)} free of ${formatBytes(volume.totalBytes)}`;
  return `${describeProfile(volume)}, ${size}${volume.mayHang ? ", may stop answering" : ""}`;
}

/** What the implementation can do, and what it cannot. */
function capabilityRows(capabilities: FileSystemCapabilities): Row[] {
  const { byteNames, timeStepNanoseconds, attributes, specialFiles, flushAll, unixModes, owners } = capabilities;
  const all: [boolean, string][] = [
    [byteNames, "names that are not UTF-8"],
    [attributes, "extended attributes and ACLs"],
    [specialFiles, "FIFOs and device nodes"],
    [flushAll, "flushing a file system at once"],
    [unixModes, "modes"],
    [owners, "owners"],
  ];
  const list = (wanted: boolean) => all.filter(([can]) => can === wanted).map(([, what]) => what);
  const times = timeStepNanoseconds === 1 ? "times to 1 ns" : `times to ${formatNumber(timeStepNanoseconds / 1e6)} ms`;
  const missing = list(false);
  return [
    ["keeps", [times, ...list(true)].join(", ")],
    ...(missing.length === 0 ? [] : [["not", missing.join(", ")] as const]),
  ];
}

function describePermission({ name, of, purpose, granted }: PermissionState): Row {
  return [granted ? "granted" : "missing", `${name}${of === undefined ? "" : ` ${of}`} (${purpose})`];
}

function historyRows({ configDirectory, records, reason }: KeptHistory): Row[] {
  const answer = (yes: boolean): string => yes || reason === null ? "yes" : `no, ${reason}`;
  return [
    ["directory", configDirectory ?? UNKNOWN],
    ["records", answer(records)],
  ];
}

function problemRows(problems: Dump["problems"]): Row[] {
  if (problems.length === 0) return [["none", ""]];
  return problems.flatMap(({ message, hint, endsRun }) => [
    [endsRun ? "ends it" : "fails", message] as const,
    ...(hint === null ? [] : [["", hint] as const]),
  ]);
}
