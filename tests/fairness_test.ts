/** Sessions of one thread of a daemon: none starves another. */

import { chooseFileSystem } from "../core/fs/mod.ts";
import type { Carrier } from "../core/wire/mod.ts";
import { serveControl } from "../core/wire/control/server.ts";
import { createModuleLock } from "../core/fs/contained/mod.ts";
import { Exports } from "../daemon/exports.ts";
import { LaneDoor } from "../daemon/sessions/lane_door.ts";
import { WalkPool } from "../daemon/walks/walk_pool.ts";
import { Jobs } from "../daemon/jobs/jobs.ts";
import { registerServices } from "../daemon/services/mod.ts";
import { SessionPool } from "../daemon/sessions/session_pool.ts";
import { copy } from "../mod.ts";
import { Role } from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { RawTransfer, receiveAll, sendAll } from "./helpers/raw_transfer.ts";
import { Scratch } from "./helpers/scratch.ts";

const MIB = 1024 * 1024;
/** Three to ten times what goes through while the small ones are copied. */
const LARGE_BYTES = 400 * MIB;
const SMALL_FILES = 300;

/** Counts what goes through a carrier, in either direction. */
class CountingCarrier implements Carrier {
  bytes = 0;

  constructor(readonly carrier: Carrier) {}

  get peer(): string {
    return this.carrier.peer;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const count = await this.carrier.read(into);
    this.bytes += count ?? 0;
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const count = await this.carrier.write(bytes);
    this.bytes += count;
    return count;
  }

  endWriting(): Promise<void> {
    return this.carrier.endWriting();
  }

  close(): void {
    this.carrier.close();
  }
}

/** A daemon in this process with one thread for sessions. */
async function serveOneThread(root: string) {
  const log = { info() {}, warn() {}, error() {} };
  const fileSystem = chooseFileSystem();
  const access = { fileSystem, lock: createModuleLock(), longestWaitMs: 1000 };
  const exports = new Exports(access, [{ name: "", path: root, comment: "", readOnly: false, trusted: false }]);
  const sessions = new SessionPool({ access, hostname: "127.0.0.1", ports: [0], log });
  const services = {
    exports,
    fileSystem,
    jobs: new Jobs(log),
    sessions,
    walks: new WalkPool({ access, log }),
    laneDoor: new LaneDoor((async function* () {})()),
    motd: () => "",
    delegation: () => [],
  };
  const routes = (router: Parameters<typeof registerServices>[0]): void => void registerServices(router, services);
  const server = await serveControl({ hostname: "127.0.0.1", port: 0, routes });
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server.close(1000);
      await sessions.close();
    },
  };
}

for (const role of [Role.PUSH, Role.PULL] as const) {
  for (const smallRole of [Role.PUSH, Role.PULL] as const) {
    const name = `a ${Role[role]} of one large file does not starve a ${Role[smallRole]} of small ones on its thread`;
    Deno.test(name.toLowerCase(), async () => {
      using scratch = new Scratch();
      const root = scratch.directory("root");
      const large = role === Role.PUSH ? scratch.directory("large") : scratch.directory("root", "large");
      Deno.writeFileSync(`${large}/file`, new Uint8Array(LARGE_BYTES).fill(7));
      const small = smallRole === Role.PUSH ? scratch.directory("small") : scratch.directory("root", "small");
      for (let i = 0; i < SMALL_FILES; i++) Deno.writeTextFileSync(`${small}/${i}`, `content of ${i}`);
      await using daemon = await serveOneThread(root);
      const server = `127.0.0.1:${daemon.port}`;
      const paths = smallRole === Role.PUSH
        ? [`${small}/`, `${server}://copy`]
        : [`${server}://small/`, scratch.join("copy")];

      using transfer = await RawTransfer.open({ port: daemon.port, role, path: "large" });
      const carrier = new CountingCarrier(await transfer.openLane());
      const running: Promise<unknown> = role === Role.PUSH
        ? sendAll(carrier, large)
        : receiveAll(carrier, scratch.join("copied"));
      const ended = running.then(() => transfer.outcome());
      while (carrier.bytes < MIB) await new Promise((resolve) => setTimeout(resolve, 1));
      const before = carrier.bytes;
      const { filesCopied } = await copy(paths[0], paths[1]);
      const meanwhile = carrier.bytes - before;
      assertEquals(filesCopied, SMALL_FILES);
      assert(carrier.bytes < LARGE_BYTES, `the large file has been there first, ${meanwhile} bytes came in between`);
      carrier.close();
      await ended.catch(() => {}); // it was broken off
    });
  }
}
