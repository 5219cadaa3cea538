/** Messages that are nearly right, in frames of gRPC that are right, for every call: typed answers, and no defect. */

import { Buffer } from "node:buffer";
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { PROTOCOL_NUMBER } from "../core/wire/control/protocol.ts";
import { bounds } from "../core/wire/_testing.ts";
import { copy } from "../mod.ts";
import {
  CancelJobRequestSchema,
  DelegateRequestSchema,
  GetInfoRequestSchema,
  GetStateRequestSchema,
  ListModulesRequestSchema,
  ListRequestSchema,
  Role,
  StatRequestSchema,
  SubscribeRequestSchema,
  TransferRequestSchema,
  Verb,
} from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { Scratch } from "./helpers/scratch.ts";
import { snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir } from "./helpers/tree.ts";

/** What gRPC says of bytes that are no message, without a detail of ours; with one it would be a defect. */
const INTERNAL = 13;
/** How long an answer may take, in milliseconds. */
const ANSWER_MS = 30_000;
/** How long a transfer that was accepted is listened to, in milliseconds. */
const LISTEN_MS = 20;
/** What HTTP/2 calls it when a client leaves. */
const CANCEL = 8;
/** Calls at the same time. */
const AT_ONCE = 8;

function encode<D extends DescMessage>(schema: D, value: MessageInitShape<D>): Uint8Array {
  return toBinary(schema, create(schema, value));
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const location = { module: "", path: [bytes("written"), bytes("a")] };

function openOf(role: Role): Uint8Array {
  const value = {
    protocolNumber: PROTOCOL_NUMBER,
    verb: Verb.COPY,
    role,
    lanes: 1,
    location,
    options: { dryRun: true },
  };
  return encode(TransferRequestSchema, { message: { case: "open", value } });
}

/** Good requests of every call. */
const CALLS: Readonly<Record<string, readonly Uint8Array[]>> = {
  GetInfo: [encode(GetInfoRequestSchema, { protocolNumber: PROTOCOL_NUMBER })],
  ListModules: [encode(ListModulesRequestSchema, {})],
  List: [encode(ListRequestSchema, { location })],
  Stat: [encode(StatRequestSchema, { location })],
  GetState: [encode(GetStateRequestSchema, {})],
  Subscribe: [encode(SubscribeRequestSchema, { jobId: "0123", afterSequence: 7n })],
  CancelJob: [encode(CancelJobRequestSchema, { jobId: "0123" })],
  Transfer: [
    openOf(Role.PULL),
    openOf(Role.PUSH),
    encode(TransferRequestSchema, { message: { case: "frame", value: { lane: 0, data: new Uint8Array(40) } } }),
    encode(TransferRequestSchema, { message: { case: "deletionAnswer", value: { allowed: true } } }),
    encode(TransferRequestSchema, { message: { case: "event", value: { event: { case: "end", value: {} } } } }),
  ],
  Delegate: [
    encode(DelegateRequestSchema, {
      message: {
        case: "open",
        value: { sourceHost: "127.0.0.1", sourcePort: 9, source: location, destination: location } as never,
      },
    }),
  ],
};

/** A change of a message: where, and what is put there instead of so many bytes. */
const change = fc.record({ at: fc.nat(200), remove: fc.nat(6), put: fc.uint8Array({ maxLength: 6 }) });
/** What surrounds a message: usually what has to. */
const envelope = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ flags: 0, more: 0 }) },
  { weight: 1, arbitrary: fc.record({ flags: fc.nat(255), more: fc.constantFrom(0, 1, -1, 2 ** 20, 0xf000_0000) }) },
);
const call = fc.record({
  method: fc.constantFrom(...Object.keys(CALLS)),
  messages: fc.array(fc.record({ which: fc.nat(10), changes: fc.array(change, { maxLength: 3 }), envelope }), {
    minLength: 1,
    maxLength: 4,
  }),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

function bodyOf({ method, messages }: Call): Uint8Array {
  return Buffer.concat(messages.map(({ which, changes, envelope: { flags, more } }) => {
    const message = [...CALLS[method][which % CALLS[method].length]];
    for (const { at, remove, put } of changes) message.splice(at % (message.length + 1), remove, ...put);
    const head = Buffer.alloc(5);
    head[0] = flags;
    head.writeUInt32BE(Math.max(0, message.length + more), 1);
    return Buffer.concat([head, Buffer.from(message)]);
  }));
}

/** How a call was answered. */
interface Answer {
  readonly status: number;
  /** It has a detail of ours. */
  readonly isTyped: boolean;
}

/** Asks, and throws where no answer comes. */
function ask(session: ClientHttp2Session, { method }: Call, body: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = session.request({
      ":method": "POST",
      ":path": `/blit.v2.BlitService/${method}`,
      "content-type": "application/grpc+proto",
      "te": "trailers",
    });
    const timer = setTimeout(() => reject(new Error(`${method} is not answered`)), ANSWER_MS);
    let answer: Answer | undefined;
    const take = (headers: IncomingHttpHeaders): void => {
      if (headers["grpc-status"] === undefined) return;
      const isTyped = headers["grpc-status-details-bin"] !== undefined;
      answer = { status: Number(headers["grpc-status"]), isTyped };
    };
    request.on("response", take);
    request.on("trailers", take);
    request.on("error", reject);
    request.on("close", () => {
      clearTimeout(timer);
      if (answer === undefined) {
        reject(
          new Error(
            `${method} is answered without a status`,
          ),
        );
      } else resolve(answer);
    });
    // A transfer that is accepted would wait for its lane.
    request.on("data", () => method === "Transfer" && setTimeout(() => leave(), LISTEN_MS));
    const leave = (): void => {
      answer ??= { status: 0, isTyped: false };
      request.close(CANCEL);
    };
    request.end(body);
  });
}

Deno.test("a daemon answers messages that are nearly right with a status, and has no defect", async () => {
  using scratch = new Scratch();
  const root = buildTree(scratch.join("root"), { "kept": "1", "written": dir() });
  await using daemon = await startDaemon({ args: ["--root", root], env: { MALLOC_PERTURB_: "165" } });
  const before = snapshot(root);
  const statuses = new Set<number>();
  const property = fc.asyncProperty(fc.array(call, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (calls) => {
    // One for each batch: who leaves hundreds of calls is sent away.
    const session = connectHttp2(`http://127.0.0.1:${daemon.port}`);
    try {
      await Promise.all(calls.map(async (call) => {
        const { status, isTyped } = await ask(session, call, bodyOf(call));
        statuses.add(status);
        assert(status !== INTERNAL || !isTyped, call.method);
      }));
    } finally {
      session.destroy();
    }
  });
  await fc.assert(property, { ...bounds(60), endOnFailure: true });
  assert(statuses.size >= 4, `no more than ${[...statuses]}`); // it was more than nonsense
  assertEquals(snapshot(root), before);
  assertEquals((await copy(`127.0.0.1:${daemon.port}://`, scratch.join("back"))).failures, []);
  assertEquals(daemon.log.filter(({ level }) => level === "error" || level === "fatal"), []);
});
