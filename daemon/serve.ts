/**
 * A daemon that a script runs and stops.
 *
 * Everything that a daemon needs is loaded by the first call of {@linkcode serve}, not by importing this module.
 *
 * @module
 */

import { loadLater } from "../core/load_later.ts";
import type { DelegationRule } from "../core/config/delegation.ts";
import type { ModuleConfig } from "../core/config/daemon_config.ts";
import type { AdvertiseUnder } from "./daemon.ts";
import { DEFAULT_PORT } from "../core/endpoint.ts";
import { BlitError } from "../core/errors.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";

/** A directory to export. */
export interface ServedModule {
  /** A directory that exists. */
  path: string;
  /** A line for people. @default none */
  comment?: string;
  /** Refuse every write. @default false */
  readOnly?: boolean;
  /** Let clients set owners and set-id bits and create device nodes. @default false */
  trusted?: boolean;
}

/** Options of {@linkcode serve}. */
export interface ServeOptions {
  /** What is exported under which name, a path or more about it. The empty name is the default root. */
  modules: Readonly<Record<string, string | ServedModule>>;
  /** The port; 0 takes a free one. @default 9031 */
  port?: number;
  /** The address to listen on, `::` for all. Whoever reaches it can use what is exported. @default "127.0.0.1" */
  bind?: string;
  /** What clients are greeted with. @default nothing */
  motd?: string;
  /**
   * Tell the local network that it is there, under the name of this machine or the one that is given (1 to 48 bytes, no dots).
   * @default false
   */
  advertise?: boolean | string;
  /** From which other daemons this one may pull for a client, as in the configuration file. @default none */
  delegation?: readonly string[];
  /** Called for each line of the log. @default nobody hears it */
  onLog?: (level: "info" | "warn" | "error", message: string, properties: Readonly<Record<string, unknown>>) => void;
}

/** A daemon that answers; `await using` stops it. */
export interface ServedDaemon extends AsyncDisposable {
  /** The address that it listens on. */
  readonly address: string;
  /** The port that it listens on. */
  readonly port: number;
  /** Cancels its jobs, tells their clients, and resolves when everything is closed. */
  stop(): Promise<void>;
}

/**
 * Starts a daemon in this process. It works as `blit-daemon` does, in threads of its own where Deno may start them, and answers
 * until it is stopped.
 *
 * Its limits are fixed: 512 connections to its port, where a further one is closed, 64 calls at once on each; 512 jobs under way,
 * after which a transfer ends with "busy", and the latest 100 that have ended; 128 searches and removals at once. A client has
 * 40 s to open its first connection for data, and ten minutes to say whether a mirror may delete.
 *
 * @throws {BlitError} "usage" for a name, a path or a rule that cannot be one, "refused" where the port is taken,
 *   "permission-denied" where this process may not listen on it
 *
 * @example Export a directory, and copy from it
 * ```ts
 * import { copy, serve } from "@blit/cli";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/exported`);
 * await Deno.writeTextFile(`${folder}/exported/a.txt`, "hello");
 *
 * const daemon = await serve({ modules: { media: { path: `${folder}/exported`, readOnly: true } }, port: 0 });
 * const summary = await copy(`127.0.0.1:${daemon.port}:/media/`, `${folder}/copy`);
 * if (summary.filesCopied !== 1) throw new Error("not copied");
 *
 * await daemon.stop();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function serve(options: ServeOptions): Promise<ServedDaemon> {
  const { port = DEFAULT_PORT, bind = "127.0.0.1", motd = "", advertise = false, onLog = () => {} } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new BlitError("usage", `Cannot serve on port ${port}: it must be a whole number from 0 to 65535`);
  }
  const [modules, delegation] = await Promise.all([readModules(options), readRules(options)]);
  const { startDaemon } = await loadLater<typeof import("./daemon.ts")>(new URL("./daemon.ts", import.meta.url));
  const log = {
    info: (message: string, properties = {}) => onLog("info", message, properties),
    warn: (message: string, properties = {}) => onLog("warn", message, properties),
    error: (message: string, properties = {}) => onLog("error", message, properties),
  };
  const mdns = await readAdvertise(advertise);
  const fileSystem = chooseFileSystem();
  const daemon = await startDaemon({ modules, delegation, motd, port, bind, mdns, fileSystem, log });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= daemon.stop();
  return { address: daemon.hostname, port: daemon.port, stop, [Symbol.asyncDispose]: stop };
}

async function readAdvertise(advertise: boolean | string): Promise<AdvertiseUnder | undefined> {
  if (typeof advertise === "boolean") return advertise ? { name: undefined } : undefined;
  const { DAEMON_NAME_RULE, isDaemonName } = await loadLater<typeof import("../core/discovery/names.ts")>(
    new URL("../core/discovery/names.ts", import.meta.url),
  );
  if (isDaemonName(advertise)) return { name: advertise };
  throw new BlitError("usage", `Cannot advertise as "${advertise}": expected ${DAEMON_NAME_RULE}`);
}

async function readModules({ modules }: ServeOptions): Promise<ModuleConfig[]> {
  const [{ isModuleName, MODULE_NAME_RULE }, { checkModulePath }] = await Promise.all([
    loadLater<typeof import("../core/config/module_name.ts")>(
      new URL("../core/config/module_name.ts", import.meta.url),
    ),
    loadLater<typeof import("../core/config/module_path.ts")>(
      new URL("../core/config/module_path.ts", import.meta.url),
    ),
  ]);
  return Object.entries(modules).map(([name, given]) => {
    const module: ServedModule = typeof given === "string" ? { path: given } : given;
    const { comment = "", readOnly = false, trusted = false } = module;
    const cannot = `Cannot serve module "${name}"`;
    if (name !== "" && !isModuleName(name)) {
      throw new BlitError("usage", `${cannot}: its name has to be ${MODULE_NAME_RULE}`);
    }
    if (readOnly && trusted) throw new BlitError("usage", `${cannot}: one that is read-only has nobody to trust`);
    const checked = checkModulePath(module.path, ".");
    if (checked.kind !== "usable") throw new BlitError("usage", `${cannot}: ${checked.reason}`, { path: module.path });
    return { name, path: checked.path, comment, readOnly, trusted };
  });
}

async function readRules({ delegation = [] }: ServeOptions): Promise<DelegationRule[]> {
  const { parseDelegationRule, RULE_FORMS } = await loadLater<typeof import("../core/config/delegation.ts")>(
    new URL("../core/config/delegation.ts", import.meta.url),
  );
  return delegation.map((text) => {
    const rule = parseDelegationRule(text);
    if (rule !== undefined) return rule;
    throw new BlitError("usage", `Cannot allow delegation from "${text}": expected ${RULE_FORMS}`);
  });
}
