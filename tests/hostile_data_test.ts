/** What a daemon must survive where lanes come in, as a real process with its real limits. */

import { copy } from "../mod.ts";
import { PROTOCOL_NUMBER } from "../core/wire/limits.ts";
import { Role } from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { RawTransfer } from "./helpers/raw_transfer.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree } from "./helpers/snapshot.ts";
import { untilDescriptors, usageOf } from "./helpers/usage.ts";

/** Makes glibc overwrite memory that is freed, so that a use of it ends the process at once instead of some day. */
const STRICT_MEMORY = { MALLOC_PERTURB_: "165" };
const CONNECTIONS = 10_000;
/** Where lanes come in: a data port, or the control port for those who cannot reach that. */
const DOORS = ["data", "control"] as const;
/** Bad connections at a time: fewer than the handshakes that a data port has room for, so that good ones still come in. */
const AT_ONCE = 50;
/** A handshake has 5 s; on a busy machine the cut may come later. */
const CUT_MS = 20_000;

const MAGIC = new TextEncoder().encode("BLITDATA");

/** The first bytes of a lane. */
function hello(token: Uint8Array, { version = PROTOCOL_NUMBER, lane = 0 } = {}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(8, version, true);
  new DataView(bytes.buffer).setUint16(10, lane, true);
  bytes.set(token, 12);
  return bytes;
}

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** A way to be no lane: what is said, and the codes of which one has to come, where an answer is due. */
interface Visit {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly answers?: readonly number[];
}

function visits(usedToken: Uint8Array): ((i: number) => Visit)[] {
  return [
    () => ({ bytes: new Uint8Array(0) }),
    () => ({ bytes: randomBytes(44) }),
    () => ({ bytes: new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n".padEnd(60)) }),
    (i) => ({ bytes: hello(randomBytes(32)).subarray(0, i % 44) }),
    () => ({ bytes: hello(randomBytes(32), { version: 99 }), answers: [1] }),
    () => ({ bytes: hello(randomBytes(32)), answers: [2] }),
    // A daemon may have forgotten a token that has been used.
    () => ({ bytes: hello(usedToken), answers: [2, 3] }),
    (i) => ({ bytes: hello(usedToken, { lane: 1 + i % 65_535 }), answers: [2, 3] }),
    // Whoever says more than a hello must not hold the port up with it.
    () => ({ bytes: randomBytes(65_536) }),
  ];
}

/** Says it, and leaves: at once, or after the answer. */
async function visit(port: number, { bytes, answers }: Visit): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    if (answers === undefined) return;
    const answered = new Uint8Array(64);
    let length = 0;
    for (let count; (count = await connection.read(answered.subarray(length))) !== null;) length += count;
    assertEquals([length, answers.includes(answered[10])], [11, true], `${answered}`);
  } catch (error) {
    // What it does not like it may close over unread bytes.
    const isReset = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
    if (!isReset || answers !== undefined) throw error;
  }
}

/** A way into the session of a transfer. */
function doorOf(
  door: typeof DOORS[number],
  { accepted: { dataPorts, tokens, controlToken } }: RawTransfer,
  controlPort: number,
): { port: number; token: Uint8Array } {
  return door === "data" ? { port: dataPorts[0], token: tokens[0] } : { port: controlPort, token: controlToken };
}

/** Connections that come first: until V8 collects, the heap of the thread that has the control port grows by 2 kB with each. */
const FIRST = { data: 1000, control: 25_000 };

for (const door of DOORS) {
  testWhere(
    ["linux"],
    `10,000 bad connections to a ${door} port leave nothing behind, and disturb no transfer`,
    async () => {
      using scratch = new Scratch();
      const root = scratch.directory("root");
      for (let i = 0; i < 100; i++) Deno.writeTextFileSync(`${root}/${i}`, `content of ${i} `.repeat(i));
      await using daemon = await startDaemon({ args: ["--root", root], env: STRICT_MEMORY });
      const server = `127.0.0.1:${daemon.port}`;
      // A session that has its lane already: nobody else may come in with its token.
      using transfer = await RawTransfer.open({ port: daemon.port, role: Role.PULL, path: "" });
      const { port, token } = doorOf(door, transfer, daemon.port);
      const lane = await transfer.openLane();
      const ways = visits(token);
      let count = 0;
      async function attack(total: number): Promise<void> {
        const end = count + total;
        await Promise.all(Array.from({ length: AT_ONCE }, async () => {
          while (count < end) {
            const i = count++;
            await visit(port, ways[i % ways.length](i));
          }
        }));
      }
      async function pull(name: string): Promise<void> {
        const { notices, failures } = await copy(`${server}://`, scratch.join(name));
        assertEquals([notices, failures], [[], []]); // no notice: over the data port
        assertSameTree(scratch.join(name), root, { basic: true });
      }
      await attack(FIRST[door]);
      await pull("before");
      const before = usageOf(daemon.pid);
      const attacking = attack(CONNECTIONS);
      for (let i = 0; count < FIRST[door] + CONNECTIONS / 2; i++) await pull(`during-${i}`);
      await attacking;
      await pull("after");
      await untilDescriptors(daemon.pid, before.descriptors);
      const after = usageOf(daemon.pid);
      // Until V8 collects for the first time the heap grows by a kilobyte a connection; after 160,000 of them it is no larger.
      assert(after.residentMb < before.residentMb + 50, `MB: ${before.residentMb}, then ${after.residentMb}`);
      lane.close();
      assertEquals(daemon.log.filter(({ level }) => level === "error"), []);
    },
  );
}

for (const door of DOORS) {
  testWhere(
    ["linux"],
    `those who say nothing, or a byte now and then, are cut from a ${door} port, and get in nobody's way`,
    async () => {
      using scratch = new Scratch();
      const root = scratch.directory("root");
      Deno.writeTextFileSync(`${root}/a`, "content");
      await using daemon = await startDaemon({ args: ["--root", root], env: STRICT_MEMORY });
      const server = `127.0.0.1:${daemon.port}`;
      using transfer = await RawTransfer.open({ port: daemon.port, role: Role.PULL, path: "" });
      const { port, token } = doorOf(door, transfer, daemon.port);
      await copy(`${server}://`, scratch.join("first")); // from now on its threads are there
      const before = usageOf(daemon.pid);
      const bytes = hello(token);
      const slow = await Promise.all(
        Array.from({ length: 100 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
      );
      const cuts = slow.map(async (connection, i) => {
        const cut = connection.read(new Uint8Array(64)).catch(() => null);
        const isCut = cut.then(() => true);
        // The token is good, but its last bytes would come after minutes.
        for (let at = 0; i % 2 === 0 && at < 40; at++) {
          await connection.write(bytes.subarray(at, at + 1)).catch(() => {});
          const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), 500));
          if (await Promise.race([isCut, pause])) break;
        }
        assertEquals(await cut, null);
        connection.close();
      });
      const { notices } = await copy(`${server}://`, scratch.join("back"));
      assertEquals(notices, []);
      const started = performance.now();
      await Promise.all(cuts);
      assert(performance.now() - started < CUT_MS, `cut after ${performance.now() - started} ms`);
      await untilDescriptors(daemon.pid, before.descriptors);
    },
  );
}
