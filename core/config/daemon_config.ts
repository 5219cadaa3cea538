/**
 * The configuration of a daemon: what its file says, checked completely before anything starts.
 *
 * @module
 */

import { DEFAULT_PORT } from "../endpoint.ts";
import { BlitError } from "../errors.ts";
import { type PortRange, readPortRange } from "./data_port.ts";
import type { DAEMON_KEYS, KeyOf } from "./daemon_keys.ts";
import { type DelegationRule, parseDelegationRule, RULE_FORMS } from "./delegation.ts";
import { DAEMON_NAME_RULE, isDaemonName } from "../discovery/names.ts";
import { isModuleName, MODULE_NAME_RULE } from "./module_name.ts";
import { type ListenAddress, readListenAddress } from "./listen_address.ts";
import { checkModulePath } from "./module_path.ts";
import { TableReader } from "./table_reader.ts";
import { parseToml } from "./toml.ts";

/** A directory that a daemon exports. */
export interface ModuleConfig {
  /** What comes behind the server's name; empty for the default root. */
  readonly name: string;
  /** Where it is: absolute, canonical, a directory that exists. */
  readonly path: string;
  /** A line for people. */
  readonly comment: string;
  /** Refuses every write. */
  readonly readOnly: boolean;
  /** Accepts owners, set-id bits and device nodes from clients. */
  readonly trusted: boolean;
}

/** How logs are written. */
export type LogFormat = "text" | "json";

/** Everything that a daemon needs to know. */
export interface DaemonConfig {
  /** The address to listen on. */
  readonly bind: string;
  /** The port; 0 takes a free one. */
  readonly port: number;
  /** On which ports data is expected; any that are free by default. */
  readonly dataPort: PortRange | undefined;
  /** What clients are greeted with; may be empty. */
  readonly motd: string;
  /** By default text on a terminal and JSON elsewhere. */
  readonly logFormat: LogFormat | undefined;
  /** Nobody in the local network is told that it is there. */
  readonly noMdns: boolean;
  /** What it is called there; the name of the machine by default. */
  readonly mdnsName: string | undefined;
  /** Where metrics are served; nowhere by default. */
  readonly metrics: ListenAddress | undefined;
  /** What is exported, the default root among it. */
  readonly modules: readonly ModuleConfig[];
  /** From which other daemons this one pulls on somebody's behalf; none by default. */
  readonly delegation: readonly DelegationRule[];
}

/** What a client sees at most of a message of the day. */
const MAX_MOTD_CHARACTERS = 4096;
const MAX_COMMENT_CHARACTERS = 256;

/** A configuration with nothing in it. */
export const EMPTY_CONFIG: DaemonConfig = {
  bind: "::",
  port: DEFAULT_PORT,
  dataPort: undefined,
  motd: "",
  logFormat: undefined,
  noMdns: false,
  mdnsName: undefined,
  metrics: undefined,
  modules: [],
  delegation: [],
};

/**
 * Reads a configuration file and looks at every directory that it names.
 *
 * @throws {BlitError} "usage" with file, line, key and what is allowed; "not-found" or "permission-denied" for the file.
 */
export async function readDaemonConfig(path: string): Promise<DaemonConfig> {
  return parseDaemonConfig(await readText(path), path);
}

/**
 * Checks the text of a configuration file.
 *
 * @param path where it is; relative paths in it are relative to its directory
 * @throws {BlitError} "usage" with file, line, key and what is allowed.
 */
export function parseDaemonConfig(text: string, path: string): DaemonConfig {
  const file = parseToml(text, path);
  const top = new TableReader<keyof typeof DAEMON_KEYS>(file, [], file.root);
  const daemon = top.table<KeyOf<"daemon">>("daemon");
  const config = {
    bind: daemon.text("bind") ?? EMPTY_CONFIG.bind,
    port: daemon.whole("port", 1, 65_535) ?? EMPTY_CONFIG.port,
    dataPort: readPortRange(daemon, "data_port"),
    motd: daemon.lines("motd") ?? "",
    logFormat: daemon.choice("log_format", ["text", "json"]),
    noMdns: daemon.switch("no_mdns") ?? EMPTY_CONFIG.noMdns,
    mdnsName: daemon.text("mdns_name"),
    metrics: readListenAddress(daemon, "metrics"),
  };
  const { port, dataPort } = config;
  if (dataPort !== undefined && port >= dataPort.first && port <= dataPort.last) {
    throw daemon.problem("data_port", `it contains ${port}, the port on which clients are expected`);
  }
  if (config.metrics?.port === port) throw daemon.problem("metrics", `clients are expected on port ${port}`);
  if (config.bind === "") throw daemon.wrong("bind", "an address of this machine");
  if (config.motd.length > MAX_MOTD_CHARACTERS) {
    throw daemon.problem("motd", `it has ${config.motd.length} characters, at most ${MAX_MOTD_CHARACTERS} are allowed`);
  }
  if (config.mdnsName !== undefined && !isDaemonName(config.mdnsName)) {
    throw daemon.wrong("mdns_name", DAEMON_NAME_RULE);
  }
  if (config.mdnsName !== undefined && config.noMdns) {
    throw daemon.problem("mdns_name", "nobody is told of it with no_mdns = true");
  }
  const root = readRoot(daemon, path);
  daemon.finish();
  const modules = readModules(top.tables<KeyOf<"module">>("module"), path);
  const delegation = readDelegation(top.table<KeyOf<"delegation">>("delegation"));
  top.finish();
  return { ...config, modules: [...root, ...modules], delegation };
}

/** The default root as a module without a name. */
export function defaultRoot(path: string, readOnly: boolean): ModuleConfig {
  return { name: "", path, comment: "", readOnly, trusted: false };
}

function readRoot(daemon: TableReader<KeyOf<"daemon">>, file: string): ModuleConfig[] {
  const readOnly = daemon.switch("root_read_only");
  const path = readPath(daemon, "root", file);
  if (path !== undefined) return [defaultRoot(path, readOnly ?? false)];
  if (readOnly !== undefined) throw daemon.problem("root_read_only", 'it needs "root" beside it');
  return [];
}

function readModules(tables: readonly TableReader<KeyOf<"module">>[], file: string): ModuleConfig[] {
  const names = new Set<string>();
  return tables.map((table) => {
    const module = readModule(table, file);
    if (names.has(module.name)) throw table.problem("name", `a second module with the name "${module.name}"`);
    names.add(module.name);
    return module;
  });
}

function readModule(table: TableReader<KeyOf<"module">>, file: string): ModuleConfig {
  const name = table.text("name");
  if (name === undefined) throw table.missing("name");
  if (!isModuleName(name)) {
    throw table.wrong("name", MODULE_NAME_RULE);
  }
  const path = readPath(table, "path", file);
  if (path === undefined) throw table.missing("path");
  const comment = table.text("comment") ?? "";
  if (comment.length > MAX_COMMENT_CHARACTERS) {
    throw table.problem(
      "comment",
      `it has ${comment.length} characters, at most ${MAX_COMMENT_CHARACTERS} are allowed`,
    );
  }
  const readOnly = table.switch("read_only") ?? false;
  const trusted = table.switch("trusted") ?? false;
  if (readOnly && trusted) throw table.problem("trusted", "a module that is read-only accepts nothing");
  table.finish();
  return { name, path, comment, readOnly, trusted };
}

function readDelegation(table: TableReader<KeyOf<"delegation">>): DelegationRule[] {
  const rules = (table.texts("sources") ?? []).map((text) => {
    const rule = parseDelegationRule(text);
    if (rule === undefined) throw table.problem("sources", `"${text}" is no source, expected ${RULE_FORMS}`);
    return rule;
  });
  table.finish();
  return rules;
}

function readPath<Key extends string>(table: TableReader<Key>, key: Key, file: string): string | undefined {
  const path = table.text(key);
  if (path === undefined) return undefined;
  const checked = checkModulePath(path, file);
  if (checked.kind === "usable") return checked.path;
  throw table.problem(key, checked.reason);
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(path));
  } catch (error) {
    const [code, reason] = error instanceof Deno.errors.NotFound
      ? ["not-found", "no such file"] as const
      : error instanceof Deno.errors.PermissionDenied
      ? ["permission-denied", "permission denied"] as const
      : error instanceof Deno.errors.IsADirectory
      ? ["usage", "it is a directory"] as const
      : ["usage", error instanceof TypeError ? "it is not UTF-8" : String(error)] as const;
    throw new BlitError(code, `Cannot read configuration "${path}": ${reason}`, { path, cause: error });
  }
}
