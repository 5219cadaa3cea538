/** Whatever a client with a good token says on its lane: typed errors, failed jobs, and nothing outside or damaged. */

import fc from "fast-check";
import type { BlitError } from "../core/errors.ts";
import { bounds } from "../core/wire/_testing.ts";
import { FrameReader } from "../core/wire/frames/frame_reader.ts";
import { BufferBudget } from "../core/wire/buffer_budget.ts";
import type { Carrier, Role as WireRole, WireRecord } from "../core/wire/mod.ts";
import { within } from "../core/within.ts";
import { copy, type Verb } from "../mod.ts";
import { JobStatus, Role } from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { mutate, type Mutation, mutations, type RawRecord, RecordingCarrier } from "./helpers/conversations.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { RawTransfer, receiveAll, sendAll } from "./helpers/raw_transfer.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, findTemporaries, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, file, symlink, type Tree } from "./helpers/tree.ts";
import { untilDescriptors, usageOf } from "./helpers/usage.ts";

/** Cases that are tried at the same time. */
const AT_ONCE = 4;
/** How long a daemon may take to end a session that makes no sense, in milliseconds. */
const END_MS = 30_000;
/** A daemon that has had all that is said says no more after this time, in milliseconds; one that is slower is cut short. */
const SILENCE_MS = 100;
/** At least this part of the cases has to be refused, or they are too tame. */
const LEAST_REFUSED = 0.4;

const NEW: Tree = {
  "a": "new a",
  "b": "new b",
  "large": file("new ".repeat(40_000)),
  "sub": dir({ "c": "new c", "d": "new d", "link": symlink("c"), "empty": dir() }),
};
/** What a push finds there already. */
const OLD: Tree = {
  "a": "old content of a",
  "large": file("old content ".repeat(10_000)),
  "sub": dir({ "c": "old content of c" }),
};
const REPLACED = ["a", "large", "sub/c"];

/** What changes no content, so that every file has to be what it was or what it should become. */
const HARMLESS: readonly Mutation["kind"][] = ["drop", "double", "swap", "corrupt", "announce", "cut"];

/** The type of `file-data`. */
const FILE_DATA = 0x20;

interface Route {
  readonly role: Role.PUSH | Role.PULL;
  readonly verb: Verb;
}

/** What a good client says. */
async function recordGood(port: number, { role, verb }: Route, local: string, path: string): Promise<RawRecord[]> {
  using transfer = await RawTransfer.open({ port, role, path, verb });
  const carrier = new RecordingCarrier(await transfer.openLane());
  if (role === Role.PUSH) {
    await sendAll(carrier, local);
    assertEquals(await transfer.outcome(), undefined);
  } else {
    const { failures } = await receiveAll(carrier, local, verb);
    assertEquals(failures, []);
  }
  return carrier.records;
}

/** The daemon's side of a lane, as it says it. */
class Peer {
  readonly #reader: FrameReader;
  /** Reading that goes on. */
  #reading: Promise<void> | undefined;

  constructor(readonly carrier: Carrier, sender: WireRole) {
    this.#reader = new FrameReader({ sender, peer: "daemon", budget: new BufferBudget(0) });
  }

  /** Its next record; `undefined` when it has closed. */
  async next(): Promise<WireRecord | undefined> {
    for (;;) {
      const record = this.#reader.next();
      if (record !== undefined) return record;
      const count = await this.carrier.read(this.#reader.room()).catch(ignoreGone);
      if (count === null) return undefined;
      this.#reader.filled(count);
    }
  }

  /** Reads until it says this or closes, or for this long. */
  async until(kind: WireRecord["kind"], atMostMs: number): Promise<void> {
    const read = async (): Promise<void> => {
      for (let record = await this.next(); record !== undefined && record.kind !== kind;) record = await this.next();
    };
    this.#reading = read();
    await within(this.#reading, atMostMs);
  }

  /** Reads on until it closes. */
  async end(): Promise<void> {
    await this.#reading;
    while (await this.next() !== undefined);
  }
}

function ignoreGone(error: unknown): null {
  const { ConnectionReset, BrokenPipe, NotConnected } = Deno.errors;
  if ([ConnectionReset, BrokenPipe, NotConnected].some((kind) => error instanceof kind)) return null;
  throw error;
}

/** Says it all, lets the daemon come to its end, and ends. */
async function say(peer: Peer, bytes: Uint8Array, silenceMs: number): Promise<void> {
  const { carrier } = peer;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    carrier.close();
  }, END_MS);
  for (let sent = 0; sent < bytes.length;) {
    sent += await carrier.write(bytes.subarray(sent)).catch(ignoreGone) ?? Infinity;
  }
  await peer.until("lane-end", silenceMs);
  await carrier.endWriting().catch(ignoreGone);
  await peer.end();
  clearTimeout(timer);
  carrier.close();
  assert(!isLate, "the daemon does not end the session");
}

/** The error that a transfer has ended with, after a look at whether its job tells the same. */
async function outcomeOf(transfer: RawTransfer): Promise<BlitError | undefined> {
  const error = await transfer.outcome();
  assert(error?.code !== "internal", `${error?.stack}`);
  const { recent } = await transfer.control.service.getState({});
  const status = recent.find(({ id }) => id === transfer.accepted.jobId)?.status;
  const { DONE, PARTIAL, INTERRUPTED, FAILED } = JobStatus;
  // A client that pulls, and leaves without a word about how it went, is interrupted.
  const allowed = error === undefined ? [DONE, PARTIAL, INTERRUPTED] : [FAILED, INTERRUPTED];
  assert(status !== undefined && allowed.includes(status), `status ${status} after ${error}`);
  return error;
}

for (const { role, verb } of [{ role: Role.PUSH, verb: "copy" }, { role: Role.PULL, verb: "move" }] as const) {
  const sender = role === Role.PUSH ? "source" : "sink";
  testWhere(["linux"], `a daemon survives whatever a ${sender} says (${verb})`, async () => {
    using scratch = new Scratch();
    const root = scratch.directory("root");
    const kept = [buildTree(`${root}/kept`, NEW), buildTree(scratch.join("outside"), NEW)];
    const before = kept.map((path) => snapshot(path));
    await using daemon = await startDaemon({ args: ["--root", root], env: { MALLOC_PERTURB_: "165" } });
    const { port } = daemon;
    const contents = [OLD, NEW].map((tree, i) => {
      const built = buildTree(scratch.join(`content-${i}`), tree);
      return REPLACED.map((path) => Deno.readTextFileSync(`${built}/${path}`));
    });
    let cases = 0;
    let refused = 0;

    const prepare = (): string => {
      const path = `case-${cases++}`;
      buildTree(`${root}/${path}`, role === Role.PUSH ? OLD : NEW);
      return path;
    };
    const local = role === Role.PUSH ? buildTree(scratch.join("source"), NEW) : scratch.join("back");
    const good = await recordGood(port, { role, verb }, local, prepare());

    async function attempt(changes: readonly Mutation[]): Promise<BlitError | undefined> {
      const path = prepare();
      using transfer = await RawTransfer.open({ port, role, path, verb });
      const carrier = await transfer.openLane();
      const peer = new Peer(carrier, sender === "source" ? "sink" : "source");
      if (role === Role.PULL) await peer.until("scan-end", END_MS);
      await say(peer, mutate(good, changes), changes.length === 0 ? END_MS : SILENCE_MS);
      const error = await outcomeOf(transfer);
      if (error !== undefined) refused++;
      assertEquals(findTemporaries(`${root}/${path}`), []);
      if (role === Role.PUSH && changes.every(({ kind }) => HARMLESS.includes(kind))) {
        REPLACED.forEach((name, i) => {
          const content = Deno.readTextFileSync(`${root}/${path}/${name}`);
          assert(contents.some((whole) => whole[i] === content), `"${name}" is damaged`);
        });
      }
      return error;
    }

    // What is said again unchanged is as good as it was.
    assertEquals(await attempt([]), undefined);
    if (role === Role.PUSH) assertSameTree(`${root}/case-1`, local);
    if (role === Role.PUSH) {
      // Content that does not begin where the last piece ended: the offset stands behind the number of the request.
      const at = good.findIndex(({ type }) => type === FILE_DATA);
      for (const byte of [4, 9]) assertEquals((await attempt([{ kind: "flip", at, byte, mask: 1 }]))?.code, "protocol");
    }
    await Promise.all(Array.from({ length: AT_ONCE }, () => attempt([]))); // from now on its threads are there
    const idle = usageOf(daemon.pid).descriptors;
    const changes = fc.array(mutations(sender), { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(fc.array(changes, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (batch) => {
      await Promise.all(batch.map(attempt));
    });
    await fc.assert(property, { ...bounds(25), endOnFailure: true });
    assert(refused >= LEAST_REFUSED * cases, `${refused} of ${cases} are refused`);
    await untilDescriptors(daemon.pid, idle);
    kept.forEach((path, i) => assertSameTree(path, before[i]));
    const { failures } = await copy(`${local}/`, `127.0.0.1:${port}://good`);
    assertEquals(failures, []);
    assertEquals(daemon.log.filter(({ level }) => level === "error" || level === "fatal"), []);
    assertEquals(await daemon.stop(), 0);
  });
}
