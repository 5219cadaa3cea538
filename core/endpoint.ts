/**
 * What the user typed -> a local path, or a server with what is meant on it.
 *
 * | text | meaning |
 * |---|---|
 * | `photos`, `./a:b`, `/srv/a:b`, `C:\x` on Windows | a local path |
 * | `nas:/media/photos` | `photos` in the module `media` of the server `nas` |
 * | `nas:9032:/media/photos`, `[::1]:9032:/media` | the same with a port |
 * | `[fe80::1%eth0]:/media` | an address that means something on one link only, with the interface that leads there |
 * | `nas://photos` | `photos` below the default root of `nas` |
 *
 * A colon before the first slash announces a server, as with rsync and scp. What then fits no form is an error rather
 * than a guess: a mistyped server must not become a local file.
 *
 * @module
 */

import { BlitError } from "./errors.ts";

/** Decides whether `C:\x` is a path and `\` separates. */
export type Platform = "windows" | "unix";

/** The port of a daemon where none is given. */
export const DEFAULT_PORT = 9031;

/** A path on this machine, as typed, with its trailing slash. */
export interface LocalEndpoint {
  readonly kind: "local";
  readonly path: string;
}

/** A place on a server. */
export interface RemoteEndpoint {
  readonly kind: "remote";
  /** A name or address, IPv6 without brackets, link-local with its zone. */
  readonly host: string;
  readonly port: number;
  /** The exported module; `undefined` is the default root. */
  readonly module: string | undefined;
  /** Below the module or root, one slash between components; empty for the module or root itself. */
  readonly path: string;
  /** Whether the text ended in `/` or `/.`, which means "what is in it". */
  readonly trailingSlash: boolean;
}

/** One side of a transfer. */
export type Endpoint = LocalEndpoint | RemoteEndpoint;

const FORMS = "Servers are written server:/module/path, server:9031:/module/path, [::1]:9031:/module/path or " +
  "server://path; a local name with a colon is written ./name:with-colon";

const DRIVE = /^[A-Za-z]:/;
const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*)):(.*)$/s;
const BRACKETED_ADDRESS = /^\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._-]+)?)\]:(.*)$/s;
const PORT = /^(\d{1,5}):(\/.*)$/s;

/**
 * Parses one endpoint. A bare word is a local path: verbs that list servers decide for themselves what it means to them.
 *
 * @throws {BlitError} "usage" for an empty text, a NUL, or a text that could be both a server and a local name.
 *
 * @example
 * ```ts
 * import { parseEndpoint } from "./endpoint.ts";
 *
 * const endpoint = parseEndpoint("nas:/media/photos", "unix");
 * if (endpoint.kind !== "remote" || endpoint.module !== "media") throw new Error("not what was typed");
 * ```
 */
export function parseEndpoint(text: string, platform: Platform): Endpoint {
  if (text === "") throw invalid(text, "it is empty");
  if (text.includes("\0")) throw invalid(text.replaceAll("\0", "\\0"), "it contains a NUL character");
  if (isLocal(text, platform)) return { kind: "local", path: text };
  const [, host, rest] = BRACKETED_ADDRESS.exec(text) ?? NAME.exec(text) ?? [];
  if (host === undefined) throw invalid(text, "it is neither a local path nor a server");
  return parseRemote(text, host, rest);
}

/** No colon before the first separator, or a drive letter where those exist. */
function isLocal(text: string, platform: Platform): boolean {
  if (platform === "windows" && DRIVE.test(text)) return true;
  if (BRACKETED_ADDRESS.test(text)) return false;
  const separator = text.search(platform === "windows" ? /[/\\]/ : /\//);
  const colon = text.indexOf(":");
  return colon === -1 || (separator !== -1 && separator < colon);
}

function parseRemote(text: string, host: string, rest: string): RemoteEndpoint {
  const [, digits, afterPort] = PORT.exec(rest) ?? [];
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (port < 1 || port > 65_535) throw invalid(text, `${digits} is not a port`);
  const location = afterPort ?? rest;
  if (!location.startsWith("/")) throw invalid(text, "it could be a server or a local name");
  if (location.split("/").includes("..")) throw invalid(text, 'a path on a server cannot contain ".."');
  const trailingSlash = /\/\.?$/.test(location);
  if (location.startsWith("//")) {
    return { kind: "remote", host, port, module: undefined, path: withoutBlanks(location), trailingSlash };
  }
  const [, module, path] = /^\/([^/]+)(.*)$/s.exec(location) ?? [];
  if (module === undefined) throw invalid(text, "it names no module");
  return { kind: "remote", host, port, module, path: withoutBlanks(path), trailingSlash };
}

/** A server without a place on it. */
export interface ServerAddress {
  /** A name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const SERVER =
  /^(?:([A-Za-z0-9](?:[A-Za-z0-9._-]*))|\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._-]+)?)\])(?::(\d{1,5}))?(?::\/?)?$/;

/**
 * Parses a server that stands for itself: `nas`, `nas:9031`, `[::1]` or `[::1]:9031`, each with or without a colon at its end.
 *
 * @throws {BlitError} "usage" for anything else.
 */
export function parseServer(text: string): ServerAddress {
  const [, name, address, digits] = SERVER.exec(text) ?? [];
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  const host = name ?? address;
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new BlitError(
    "usage",
    `Cannot use "${text}" as a server: it has to be a name or an address, with or without a port`,
    {
      hint: "Servers are written server, server:9031, [::1] or [::1]:9031, with or without a colon at the end",
    },
  );
}

/** Without components that lead nowhere. */
function withoutBlanks(path: string): string {
  return path.split("/").filter((component) => component !== "" && component !== ".").join("/");
}

function invalid(text: string, reason: string): BlitError {
  return new BlitError("usage", `Cannot use "${text}" as a source or destination: ${reason}`, { hint: FORMS });
}
