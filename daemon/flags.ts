/**
 * The command line of `blit-daemon`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { DAEMON_NAME_RULE, isDaemonName } from "../core/discovery/names.ts";
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
  /** Nobody in the local network is told. */
  readonly noMdns?: boolean;
  /** Under which name the local network is told. */
  readonly mdnsName?: string;
  /** Data comes to the control port only. */
  readonly forceGrpcData?: boolean;
}

/** A flag of `blit-daemon`: what `parseArgs` needs of it, and what people read about it. */
export interface DaemonFlagSpec {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What the help text calls the value. */
  readonly value?: string;
  /** One sentence without a final period. */
  readonly help: string;
}

/** Every flag, in the order in which the help text and the manual page show them. */
export const DAEMON_FLAGS = {
  config: {
    type: "string",
    value: "FILE",
    help: "read this configuration; a documented sample is daemon/blit-daemon.sample.toml",
  },
  bind: { type: "string", value: "ADDR", help: "listen on this address, by default on all of them" },
  port: { type: "string", value: "N", help: "listen on this port, by default 9031; 0 takes a free one" },
  root: { type: "string", value: "DIR", help: "export this directory as the default root, server://path" },
  "no-mdns": { type: "boolean", help: "do not tell the local network that this daemon is there" },
  "mdns-name": { type: "string", value: "NAME", help: "tell it under this name, by default that of the machine" },
  "force-grpc-data": {
    type: "boolean",
    help: "listen on no port for data: everything goes through the control port",
  },
  help: { type: "boolean", short: "h", help: "print this text" },
  version: { type: "boolean", short: "V", help: "print the version" },
} as const satisfies Readonly<Record<string, DaemonFlagSpec>>;

/** What the daemon is, in a few lines. */
export const DAEMON_SUMMARY = [
  "Exports directories as modules, which blit reads and writes as server:/module/path.",
  'Without modules and --root it exports the working directory as the module "default".',
] as const;

/** What else must be known. */
export const DAEMON_NOTES = [
  "Flags win over the configuration. SIGHUP reads the modules, the message of the day and where",
  "metrics are served again, SIGTERM and SIGINT stop the daemon.",
] as const;

/** The statuses with which the daemon ends, and what each means. */
export const DAEMON_EXIT_CODES: readonly (readonly [status: number, meaning: string])[] = [
  [0, "stopped by a signal"],
  [1, "other failures"],
  [2, "wrong usage or configuration"],
  [3, "refused: the address is in use, or a permission is missing"],
];

/** Flags are indented by this much more than the longest of the short ones. */
const HELP_COLUMN = 17;

/** The help text. */
export const HELP = `Usage: blit-daemon [FLAGS]

${DAEMON_SUMMARY.join("\n")}

${Object.entries<DaemonFlagSpec>(DAEMON_FLAGS).map(flagLines).join("\n")}

${DAEMON_NOTES.join("\n")}

Exit status: ${DAEMON_EXIT_CODES.map(([status, meaning]) => `${status} ${meaning}`).join("\n             ")}
`;

function flagLines([name, { short, value, help }]: [string, DaemonFlagSpec]): string {
  const left = `  --${name}${short === undefined ? "" : `, -${short}`}${value === undefined ? "" : ` ${value}`}`;
  const gap = " ".repeat(HELP_COLUMN);
  return left.length < HELP_COLUMN ? left.padEnd(HELP_COLUMN) + help : `${left}\n${gap}${help}`;
}

/**
 * Parses the arguments.
 *
 * @throws {BlitError} "usage" for what is unknown, incomplete or out of range.
 */
export function parseFlags(args: readonly string[]): DaemonRequest {
  const { help, version, port, "force-grpc-data": forceGrpcData, "no-mdns": noMdns, ...texts } = parse(args);
  if (help) return { kind: "help" };
  if (version) return { kind: "version" };
  for (const [name, value] of Object.entries(texts)) {
    if (value === "") throw new BlitError("usage", `Cannot use --${name}: its value is empty`);
  }
  const { "mdns-name": mdnsName, ...rest } = texts;
  if (mdnsName !== undefined) checkName(mdnsName, noMdns);
  const flags = {
    ...rest,
    ...(noMdns && { noMdns }),
    ...(mdnsName !== undefined && { mdnsName }),
    ...(forceGrpcData && { forceGrpcData }),
    ...(port !== undefined && { port: parsePort(port) }),
  };
  return { kind: "run", flags };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: DAEMON_FLAGS, allowPositionals: false, strict: true }).values;
  } catch (error) {
    const [message] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new BlitError("usage", `Cannot start: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, {
      hint: "blit-daemon --help lists the flags",
      cause: error,
    });
  }
}

function checkName(name: string, noMdns: boolean | undefined): void {
  if (noMdns) throw new BlitError("usage", "Cannot use --mdns-name: nobody is told of it with --no-mdns");
  if (isDaemonName(name)) return;
  throw new BlitError("usage", `Cannot use --mdns-name "${name}": expected ${DAEMON_NAME_RULE}`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new BlitError("usage", `Cannot use --port ${text}: it must be a whole number from 0 to 65535`);
}
