/**
 * Command line and configuration file -> what the daemon runs with. A flag wins over the file, the file over the default.
 *
 * @module
 */

import {
  type DaemonConfig,
  defaultRoot,
  EMPTY_CONFIG,
  type ModuleConfig,
  readDaemonConfig,
} from "../core/config/daemon_config.ts";
import { checkModulePath } from "../core/config/module_path.ts";
import { BlitError } from "../core/errors.ts";
import type { DaemonFlags } from "./flags.ts";

/** What a daemon runs with. */
export interface DaemonSettings extends DaemonConfig {
  /** Things that its administrator should know. */
  readonly warnings: readonly string[];
  /** Data comes to the control port only. */
  readonly forceGrpcData: boolean;
}

/** Reads the settings; a reload calls it once more. Rejects with a `BlitError` and changes nothing. */
export async function readSettings(flags: DaemonFlags): Promise<DaemonSettings> {
  const config = flags.config === undefined ? EMPTY_CONFIG : await readDaemonConfig(flags.config);
  const { modules, warnings } = withDefaults(config, flags);
  return {
    ...config,
    ...(flags.bind !== undefined && { bind: flags.bind }),
    ...(flags.port !== undefined && { port: flags.port }),
    ...mdnsOf(config, flags),
    forceGrpcData: flags.forceGrpcData ?? false,
    modules,
    warnings,
  };
}

/** The keys whose new values a reload does not bring into force. */
export function changedForRestart(before: DaemonSettings, after: DaemonSettings): string[] {
  const keys = {
    bind: "bind",
    port: "port",
    dataPort: "data_port",
    logFormat: "log_format",
    noMdns: "no_mdns",
    mdnsName: "mdns_name",
  } as const;
  const isChanged = (key: keyof typeof keys): boolean => JSON.stringify(before[key]) !== JSON.stringify(after[key]);
  return (Object.keys(keys) as (keyof typeof keys)[]).filter(isChanged).map((key) => keys[key]);
}

/** Whoever gives a name on the command line wants it to be told. */
function mdnsOf(config: DaemonConfig, { noMdns, mdnsName }: DaemonFlags): Pick<DaemonConfig, "noMdns" | "mdnsName"> {
  if (mdnsName !== undefined) return { noMdns: false, mdnsName };
  return { noMdns: noMdns ?? config.noMdns, mdnsName: config.mdnsName };
}

function withDefaults(config: DaemonConfig, flags: DaemonFlags): Pick<DaemonSettings, "modules" | "warnings"> {
  if (flags.root !== undefined) {
    const readOnly = config.modules.find((module) => module.name === "")?.readOnly ?? false;
    const named = config.modules.filter((module) => module.name !== "");
    return { modules: [defaultRoot(rootPath(flags.root), readOnly), ...named], warnings: [] };
  }
  if (config.modules.length > 0) return { modules: config.modules, warnings: [] };
  const path = rootPath(".");
  const module: ModuleConfig = { ...defaultRoot(path, false), name: "default" };
  const warning =
    `No module is configured: the working directory "${path}" is exported as "default", for everybody to write`;
  return { modules: [module], warnings: [warning] };
}

function rootPath(path: string): string {
  const checked = checkModulePath(path, ".");
  if (checked.kind === "usable") return checked.path;
  throw new BlitError("usage", `Cannot use --root: ${checked.reason}`, { path });
}
