/**
 * `list`: what a server exports, or what is in a directory, here or there.
 *
 * @module
 */

import { connect, type ServerEntry, type ServerModule } from "../core/connect.ts";
import {
  parseEndpoint,
  parseServer,
  type Platform,
  type RemoteEndpoint,
  type ServerAddress,
} from "../core/endpoint.ts";
import { BlitError, toBlitError } from "../core/errors.ts";
import { fsError } from "../core/fs/failures.ts";
import { chooseFileSystem, type Directory } from "../core/fs/mod.ts";
import { type ByteString, decodeText, displayName, encodeText, toBytes } from "../core/paths/bytes.ts";
import { baseName, parentOf } from "../core/transfer/run/resolve.ts";
import { isDirectoryHere, mayBeHere, SERVER_OR_LOCAL } from "./target.ts";

/** What can be listed. */
export type ListTarget =
  | { readonly kind: "server"; readonly server: ServerAddress }
  | { readonly kind: "remote"; readonly endpoint: RemoteEndpoint }
  | { readonly kind: "local"; readonly path: string };

/** What was found. */
export type Listed =
  | { readonly kind: "module"; readonly module: ServerModule }
  | { readonly kind: "entry"; readonly entry: ServerEntry }
  | { readonly kind: "failure"; readonly error: BlitError };

/**
 * What the user means: a word is a server, alone or with a port, unless something here has this name.
 *
 * @throws {BlitError} "usage" for a word that could be both, and for what is neither
 */
export function parseListTarget(text: string, platform: Platform): ListTarget {
  const [, server] = /^([^/]*[^/:])(?::\/?)?$/s.exec(text) ?? [];
  const isDrive = platform === "windows" && /^[A-Za-z]:/.test(text);
  if (server === undefined || isDrive || !isServer(server)) return toTarget(text, platform);
  if (server === text && mayBeHere(text)) {
    throw new BlitError("usage", `Cannot list "${text}": it could be a server or a local name`, {
      hint: SERVER_OR_LOCAL,
    });
  }
  return { kind: "server", server: parseServer(server) };
}

/**
 * Lists a target: modules of a server as it has them, entries of a directory sorted by name, anything else as itself.
 *
 * @throws {BlitError} whatever keeps the target itself from being listed
 */
export async function* list(target: ListTarget): AsyncGenerator<Listed> {
  const found: Listed[] = [];
  for await (const listed of listAsRead(target)) found.push(listed);
  yield* found.some(({ kind }) => kind === "module") ? found : sortListed(found);
}

/** The same in the order in which it comes: a directory of any size takes no memory. */
export async function* listAsRead(target: ListTarget): AsyncGenerator<Listed> {
  if (target.kind === "local") return yield* listHere(target.path);
  const { host, port } = target.kind === "server" ? target.server : target.endpoint;
  using server = await connect(`${host.includes(":") ? `[${host}]` : host}:${port}`);
  if (target.kind === "server") {
    for (const module of await server.listModules()) yield { kind: "module", module };
    return;
  }
  const { module = "", path } = target.endpoint;
  const place = `/${module}/${path}`;
  const entry = await server.stat(place);
  if (entry.kind !== "directory") return yield { kind: "entry", entry };
  const failures: BlitError[] = [];
  for await (const entry of server.list(place, { onFailure: (error) => void failures.push(error) })) {
    yield { kind: "entry", entry };
    for (const error of failures.splice(0)) yield { kind: "failure", error };
  }
  for (const error of failures) yield { kind: "failure", error };
}

function toTarget(text: string, platform: Platform): ListTarget {
  const endpoint = parseEndpoint(text, platform);
  return endpoint.kind === "local" ? { kind: "local", path: endpoint.path } : { kind: "remote", endpoint };
}

function isServer(text: string): boolean {
  try {
    parseServer(text);
    return true;
  } catch {
    return false; // then it is something else, or the error is about that
  }
}

/** Entries by name; what could not be looked at comes last. */
export function sortListed(found: readonly Listed[]): Listed[] {
  const keyOf = (listed: Listed): string => listed.kind === "entry" ? `0${listed.entry.name}` : "1";
  return [...found].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0);
}

function* listHere(path: string): Generator<Listed> {
  const fileSystem = chooseFileSystem();
  if (!path.endsWith("/") && !isDirectoryHere(path)) {
    using parent = fileSystem.openRoot(parentOf(path));
    return yield look(parent, encodeText(baseName(path)), parentOf(path));
  }
  using directory = fileSystem.openRoot(path);
  for (const { names, damaged } of directory.list()) {
    for (const name of names) yield look(directory, name, path);
    for (const name of damaged) {
      yield { kind: "failure", error: fsError("invalid-name", "inspect", `${path}/${name}`) };
    }
  }
}

function look(directory: Directory, name: ByteString, parent: string): Listed {
  try {
    const stat = directory.statEntry(name);
    if (stat === undefined) throw new BlitError("not-found", "");
    const target = stat.kind === "symlink" ? { target: displayName(directory.readLink(name)) } : {};
    const { kind, size, mode, uid, gid, mtimeSeconds, mtimeNanoseconds, nlink } = stat;
    const shown = displayName(name);
    const exact = decodeText(name) === undefined ? { nameBase64: toBytes(name).toBase64() } : {};
    const facts = { kind, sizeBytes: size, mode, uid, gid, mtimeSeconds, mtimeNanoseconds, linkCount: nlink };
    return { kind: "entry", entry: { name: shown, ...exact, ...facts, ...target } };
  } catch (thrown) {
    const error = toBlitError(thrown);
    return { kind: "failure", error: fsError(error.code, "inspect", `${parent}/${displayName(name)}`, error) };
  }
}
