/**
 * What the verbs that walk through something are pointed at.
 *
 * @module
 */

import { BlitError } from "../core/errors.ts";
import { parseEndpoint, parseServer, type Platform, type ServerAddress } from "../core/endpoint.ts";
import { encodeText } from "../core/paths/bytes.ts";
import { loadLater } from "../core/load_later.ts";
import type { CallOptions, ControlClient, RemotePlace } from "../core/wire/control/client.ts";

/** A path here, a place on a server, or all that a server has. */
export type Target =
  | { readonly kind: "local"; readonly path: string; readonly shown: string }
  | RemoteTarget
  | ServerTarget;

/** A server as a whole. */
export interface ServerTarget {
  readonly kind: "server";
  readonly server: ServerAddress;
  /** Without a colon at its end. */
  readonly typed: string;
  /** Nothing but a word, which may as well be meant as a name here. */
  readonly isWord: boolean;
}

/** How the two are told apart. */
export const SERVER_OR_LOCAL = 'A local name is written "./name", a server "server:" or "server:9031:"';

/** A place on a server. */
export interface RemoteTarget {
  readonly kind: "remote";
  readonly server: ServerAddress;
  readonly place: RemotePlace;
  /** As its user wrote it, without slashes at the end: what paths below it begin with. */
  readonly shown: string;
  /** The same for its module. */
  readonly shownModule: string;
  readonly trailingSlash: boolean;
}

/**
 * What the user means. A word is a path here, unless nothing here has this name; so is a server with its port.
 *
 * @throws {BlitError} "usage" for what is neither a path nor a place, and for what could be both
 */
export function parseTarget(text: string, platform: Platform): Target {
  const [, typed = "", end] = /^([^/]*[^/:])(:\/?)?$/s.exec(text) ?? [];
  const isDrive = platform === "windows" && /^[A-Za-z](?::|$)/.test(typed);
  const server = isDrive ? undefined : toServer(typed);
  const isWord = end === undefined && !typed.includes(":");
  if (server !== undefined && (end !== undefined || !mayBeHere(text))) return { kind: "server", server, typed, isWord };
  if (server !== undefined && !isWord) {
    throw new BlitError("usage", `Cannot use "${text}": it could be a server or a local name`, {
      hint: SERVER_OR_LOCAL,
    });
  }
  const endpoint = parseEndpoint(text, platform);
  if (endpoint.kind === "local") return { kind: "local", path: endpoint.path, shown: withoutEnd(endpoint.path) };
  const { host, port, module, path, trailingSlash } = endpoint;
  const names = path === "" ? [] : path.split("/").map(encodeText);
  const place = { module, path: names };
  const shownModule = showPlace(text.slice(0, text.indexOf(":/")), module ?? "");
  const shown = path === "" ? shownModule : `${shownModule}/${path}`;
  return { kind: "remote", server: { host, port }, place, shown, shownModule, trailingSlash };
}

/** `nas:/media`, or `nas:/` for the default root, below which paths begin with another slash. */
export function showPlace(typedServer: string, module: string): string {
  return `${typedServer}:/${module}`;
}

/** Whether something here has this name. Where nobody can tell, a word may have it, and a server with its port has not. */
export function mayBeHere(name: string): boolean {
  try {
    Deno.lstatSync(name);
    return true;
  } catch (error) {
    return !name.includes(":") && !(error instanceof Deno.errors.NotFound);
  }
}

/** Whether a path here is a directory; what cannot be looked at is taken for one, since opening it says why not. */
export function isDirectoryHere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return true;
  }
}

/** Connects; the code for it is loaded now. */
export async function connectTo(
  target: Exclude<Target, { kind: "local" }>,
  options: CallOptions = {},
): Promise<ControlClient> {
  const { connectControl } = await loadLater<typeof import("../core/wire/control/client.ts")>(
    new URL("../core/wire/control/client.ts", import.meta.url),
  );
  try {
    return await connectControl({ ...target.server, ...options });
  } catch (error) {
    throw explainWord(error, target);
  }
}

/** Most who write a word mean a name here; that there is no such server either is only half of it. */
export function explainWord(error: unknown, target: Target): unknown {
  if (target.kind !== "server" || !target.isWord) return error;
  if (!(error instanceof BlitError) || error.code !== "unreachable") return error;
  const { typed } = target;
  return new BlitError("not-found", `Cannot find "${typed}": nothing here has this name, and no such server answers`, {
    hint: SERVER_OR_LOCAL,
    cause: error,
  });
}

/** What asks a daemon to walk; loaded now. */
export async function loadAsk(): Promise<typeof import("../core/scan/remote/ask.ts")> {
  return await loadLater<typeof import("../core/scan/remote/ask.ts")>(
    new URL("../core/scan/remote/ask.ts", import.meta.url),
  );
}

/** Places to walk through: the one that is meant, or every module of a server. */
export async function placesOf(
  target: Exclude<Target, { kind: "local" }>,
  client: ControlClient,
): Promise<{ place: RemotePlace; shown: string }[]> {
  if (target.kind === "remote") return [target];
  return (await client.listModules()).map(({ name }) => ({
    place: { module: name === "" ? undefined : name, path: [] },
    shown: showPlace(target.typed, name),
  }));
}

function toServer(text: string): ServerAddress | undefined {
  try {
    return parseServer(text);
  } catch {
    return undefined; // then it is something else, or the error is about that
  }
}

/** Paths below `/` begin with one slash, not with two. */
function withoutEnd(path: string): string {
  return path.replace(/(?:\/+\.?)+$/, "");
}
