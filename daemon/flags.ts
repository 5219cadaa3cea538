/**
 * The command line of `blit-daemon`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { BlitError } from "../core/errors.ts";

/** What the command line asks for. */
export type DaemonRequest =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly flags: DaemonFlags };

/** Flags that were given; each overrides what the configuration file says. */
export interface DaemonFlags {
  readonly config?: string;
  readonly bind?: string;
  /** 0 takes a free port, which the log names. */
  readonly port?: number;
  readonly root?: string;
  /** Data travels in the control streams only. */
  readonly forceGrpcData?: boolean;
}

/** The help text. */
export const HELP = `Usage: blit-daemon [FLAGS]

Exports directories as modules, which blit reads and writes as server:/module/path.
Without modules and --root it exports the working directory as the module "default".

  --config FILE  read this configuration; a documented sample is daemon/blit-daemon.sample.toml
  --bind ADDR    listen on this address, by default on all of them
  --port N       listen on this port, by default 9031; 0 takes a free one
  --root DIR     export this directory as the default root, server://path
  --force-grpc-data
                 listen on no port for data: everything goes through the control port, which is slower
  --help, -h     print this text
  --version, -V  print the version

Flags win over the configuration. SIGHUP reads the modules and the message of the day again,
SIGTERM and SIGINT stop the daemon.

Exit status: 0 stopped by a signal, 2 wrong usage or configuration, 3 refused (address in use,
permission), 1 other failures.
`;

const OPTIONS = {
  config: { type: "string" },
  bind: { type: "string" },
  port: { type: "string" },
  root: { type: "string" },
  "force-grpc-data": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

/**
 * Parses the arguments.
 *
 * @throws {BlitError} "usage" for what is unknown, incomplete or out of range.
 */
export function parseFlags(args: readonly string[]): DaemonRequest {
  const { help, version, port, "force-grpc-data": forceGrpcData, ...texts } = parse(args);
  if (help) return { kind: "help" };
  if (version) return { kind: "version" };
  for (const [name, value] of Object.entries(texts)) {
    if (value === "") throw new BlitError("usage", `Cannot use --${name}: its value is empty`);
  }
  const flags = {
    ...texts,
    ...(forceGrpcData && { forceGrpcData }),
    ...(port !== undefined && { port: parsePort(port) }),
  };
  return { kind: "run", flags };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false, strict: true }).values;
  } catch (error) {
    const [message] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new BlitError("usage", `Cannot start: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, {
      hint: "blit-daemon --help lists the flags",
      cause: error,
    });
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new BlitError("usage", `Cannot use --port ${text}: it must be a whole number from 0 to 65535`);
}
