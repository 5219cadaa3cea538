/**
 * A daemon, as a script asks it what it has.
 *
 * The gRPC stack is loaded by the first call of {@linkcode connect}, not by importing this module.
 *
 * @module
 */

import { loadLater } from "./load_later.ts";
import { parseServer } from "./endpoint.ts";
import { BlitError } from "./errors.ts";
import type { EntryKind } from "./fs/types.ts";
import { type ByteString, decodeText, displayName, encodeText, toBytes } from "./paths/bytes.ts";
import type { ControlClient, RemoteEntry, RemotePlace } from "./wire/control/client.ts";

/** A directory that a daemon exports. */
export interface ServerModule {
  /** What a path begins with, `/name/path`; empty for the default root, `//path`. */
  name: string;
  /** For people; clean it before it is printed. */
  comment: string;
  /** Every write is refused. */
  readOnly: boolean;
  /** Owners, set-id bits and device nodes are accepted from clients. */
  trusted: boolean;
}

/** An entry of a directory on a server. */
export interface ServerEntry {
  /** One name, empty for the root of a module; bytes that are not UTF-8 appear as `\xNN`. Clean it before it is printed. */
  name: string;
  /** The exact bytes in base64, only where `name` is not exact. */
  nameBase64?: string;
  /** What it is. */
  kind: EntryKind;
  /** Bytes, for files and symbolic links. */
  sizeBytes: number;
  /** The twelve permission bits. */
  mode: number;
  /** The numeric owner. */
  uid: number;
  /** The numeric group. */
  gid: number;
  /** When its content was last changed: whole seconds since 1970, negative before. */
  mtimeSeconds: number;
  /** 0 to 999,999,999, to be added to the seconds. */
  mtimeNanoseconds: number;
  /** How many names it has. */
  linkCount: number;
  /** Where a symbolic link points, as `name` is written. */
  target?: string;
}

/** Options of {@linkcode connect} and of the calls of a {@linkcode Server}. */
export interface ServerCallOptions {
  /** Gives up with "interrupted". Given to {@linkcode connect} it ends all later calls as well. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Server.list}. */
export interface ServerListOptions extends ServerCallOptions {
  /**
   * Called for each entry that exists and cannot be looked at.
   * @default the iteration throws the first of them after the last entry, so that none is missed in silence
   */
  onFailure?: (error: BlitError) => void;
}

/** A connection to a daemon. Every call rejects with a {@linkcode BlitError}; one that is lost stays lost. */
export interface Server extends Disposable {
  /** `host:port`. */
  readonly name: string;
  /** The version of the daemon's program. */
  readonly version: string;
  /** Its message of the day, may be empty; clean it before it is printed. */
  readonly motd: string;
  /** What it exports, sorted by name. */
  listModules(options?: ServerCallOptions): Promise<ServerModule[]>;
  /** The entries of a directory in the server's order; symbolic links are shown, never followed. */
  list(path: string, options?: ServerListOptions): AsyncIterable<ServerEntry>;
  /** One entry, without following a symbolic link. */
  stat(path: string, options?: ServerCallOptions): Promise<ServerEntry>;
  /** Ends every call and the connection. */
  close(): void;
}

/**
 * Connects to a daemon and makes sure that both ends speak the same protocol.
 *
 * @param server `nas`, `nas:9031`, `[::1]` or `[::1]:9031`; without a port 9031
 * @param options its signal ends the connecting, and the connection with every later call
 * @throws {BlitError} "usage" for what is no server, "unreachable", "protocol" where something else answers or speaks another
 *   version, "interrupted"
 *
 * @example Look at what a daemon has
 * ```ts
 * import { connect, serve } from "@blit/cli";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.txt`, "hello");
 * const daemon = await serve({ modules: { media: folder }, port: 0 });
 *
 * const server = await connect(`127.0.0.1:${daemon.port}`);
 * const [{ name }] = await server.listModules();
 * const entries = await Array.fromAsync(server.list(`/${name}`));
 * const { sizeBytes } = await server.stat("/media/a.txt");
 * if (entries.length !== 1 || sizeBytes !== 5) throw new Error("not what is there");
 *
 * server.close();
 * await daemon.stop();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function connect(server: string, options: ServerCallOptions = {}): Promise<Server> {
  const { host, port } = parseServer(server);
  const { connectControl } = await loadLater<typeof import("./wire/control/client.ts")>(
    new URL("./wire/control/client.ts", import.meta.url),
  );
  return new ConnectedServer(await connectControl({ host, port, ...options }));
}

class ConnectedServer implements Server {
  readonly #client: ControlClient;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  get name(): string {
    return this.#client.server;
  }

  get version(): string {
    return this.#client.info.version;
  }

  get motd(): string {
    return this.#client.info.motd;
  }

  listModules(options?: ServerCallOptions): Promise<ServerModule[]> {
    return this.#client.listModules(options);
  }

  async *list(path: string, { onFailure, ...options }: ServerListOptions = {}): AsyncGenerator<ServerEntry> {
    let first: BlitError | undefined;
    for await (const { entries, failures } of this.#client.list(parsePlace(path), options)) {
      for (const entry of entries) yield toServerEntry(entry);
      for (const { code, message } of failures) {
        const error = new BlitError(code, message);
        if (onFailure === undefined) first ??= error;
        else onFailure(error);
      }
    }
    if (first !== undefined) throw first;
  }

  async stat(path: string, options?: ServerCallOptions): Promise<ServerEntry> {
    return toServerEntry(await this.#client.stat(parsePlace(path), options));
  }

  close(): void {
    this.#client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** `/module/path` or `//path`; what the path may contain is the daemon's to say. */
function parsePlace(path: string): RemotePlace {
  const [, root, name, rest] = /^\/(?:(\/)|([^/]+))(.*)$/s.exec(path) ?? [];
  if (rest === undefined) {
    throw new BlitError("usage", `Cannot use "${path}" as a place on a server: it names no module`, {
      hint: "Places on a server are written /module/path, or //path below its default root",
    });
  }
  const names = rest.split("/").filter((part) => part !== "").map(encodeText);
  return { module: root === undefined ? name : undefined, path: names };
}

function toServerEntry(entry: RemoteEntry): ServerEntry {
  const { name, kind, size, mode, uid, gid, mtimeSeconds, mtimeNanoseconds, nlink, target } = entry;
  return {
    name: displayName(name),
    ...(isExact(name) ? {} : { nameBase64: toBytes(name).toBase64() }),
    kind,
    sizeBytes: size,
    mode,
    uid,
    gid,
    mtimeSeconds,
    mtimeNanoseconds,
    linkCount: nlink,
    ...(target === undefined ? {} : { target: displayName(target) }),
  };
}

function isExact(name: ByteString): boolean {
  return decodeText(name) !== undefined;
}
