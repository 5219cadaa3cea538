/**
 * The first bytes on a TCP lane, before any frame:
 *
 * ```text
 * from whoever dialled          answer
 * 0 - 7    "BLITDATA"           0 - 7   "BLITDATA"
 * 8 - 9    protocol number      8 - 9   protocol number of the answering side
 * 10 - 11  number of the lane   10      0 accepted, otherwise why it was refused
 * 12 - 43  token
 * ```
 *
 * Whoever does not begin with the magic gets no answer at all: it is not for us to talk to. A wrong protocol number is answered
 * before the rest is read, since the rest may have another form there.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { Deadline, within } from "../within.ts";
import type { Carrier } from "./carrier.ts";
import { GRACE_MS, HANDSHAKE_MS, PROTOCOL_NUMBER } from "./limits.ts";
import { type Redeemed, TOKEN_BYTES } from "./tokens.ts";

/** What every lane begins with; no request of HTTP does. */
export const MAGIC = new TextEncoder().encode("BLITDATA");
const VERSION_AT = 8;
const LANE_AT = 10;
const TOKEN_AT = 12;
const HELLO_BYTES = TOKEN_AT + TOKEN_BYTES;
const CODE_AT = 10;
const ANSWER_BYTES = 11;

/** Answers by number; the first accepts. */
const ANSWERS = ["accepted", "wrong-version", "unknown-token", "used-token", "expired-token", "too-many"] as const;

/** Why a lane was refused. */
export type Refusal = Exclude<typeof ANSWERS[number], "accepted">;

/** What the dialling side says. */
export interface LaneHello {
  /** 32 bytes from the control stream. */
  token: Uint8Array;
  /** Number of the lane in its session, from 0. */
  lane: number;
  /** Milliseconds for the whole handshake. @default {5000} */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Options of {@linkcode answerHello}. */
export interface AnswerOptions<S> {
  /** Takes the token. */
  redeem: (token: Uint8Array, lane: number) => Redeemed<S>;
  /**
   * May take the carrier over before the peer has been told that it is let in, and then sees to {@linkcode letIn} itself. Whoever
   * dialled sends nothing more until then, so nothing of the lane is under way. @default {nobody does}
   */
  takeOver?: ((arrival: Arrival<S>, carrier: Carrier) => boolean) | undefined;
  /** Milliseconds for the whole handshake, however its bytes arrive. @default {5000} */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Who has come in. */
export interface Arrival<S> {
  readonly session: S;
  readonly lane: number;
}

/**
 * The dialling side's part. Afterwards the carrier carries frames.
 *
 * @throws {BlitError} `protocol` when versions differ or the answer makes no sense, `refused` when the token does not open the lane,
 *   `unreachable` when there is no answer in time; the carrier is closed then
 */
export async function sayHello(carrier: Carrier, hello: LaneHello): Promise<void> {
  const { timeoutMs = HANDSHAKE_MS, signal } = hello;
  await inTime(carrier, { timeoutMs, signal }, async () => {
    await writeAll(carrier, encodeHello(hello));
    const answer = new Uint8Array(ANSWER_BYTES);
    await readAll(carrier, answer, 0, ANSWER_BYTES);
    checkAnswer(carrier.peer, answer);
  });
}

/**
 * The listening side's part.
 *
 * @returns who has come in. `undefined` when somebody has taken the carrier over, whose it is then, and when the handshake failed:
 *   then the peer has been told why and the carrier is closed
 */
export async function answerHello<S>(carrier: Carrier, options: AnswerOptions<S>): Promise<Arrival<S> | undefined> {
  const { timeoutMs = HANDSHAKE_MS, signal, redeem, takeOver = () => false } = options;
  try {
    return await inTime(carrier, { timeoutMs, signal }, async () => {
      const hello = new Uint8Array(HELLO_BYTES);
      const view = new DataView(hello.buffer);
      await readAll(carrier, hello, 0, LANE_AT);
      if (!startsWithMagic(hello)) return void carrier.close();
      if (view.getUint16(VERSION_AT, true) !== PROTOCOL_NUMBER) return await refuse(carrier, "wrong-version");
      await readAll(carrier, hello, LANE_AT, HELLO_BYTES);
      const lane = view.getUint16(LANE_AT, true);
      const redeemed = redeem(hello.subarray(TOKEN_AT), lane);
      if (redeemed.kind === "refused") return await refuse(carrier, redeemed.reason);
      const arrival = { session: redeemed.session, lane };
      if (takeOver(arrival, carrier)) return undefined;
      await writeAll(carrier, encodeAnswer("accepted"));
      return arrival;
    });
  } catch {
    return undefined; // too slow, gone, or never a peer: the carrier is closed, and nobody waits for a reason
  }
}

/**
 * The end of the listening side's part, for whoever has taken a carrier over.
 *
 * @returns whether the peer has been told; the carrier is closed otherwise
 */
export async function letIn(carrier: Carrier): Promise<boolean> {
  try {
    await inTime(carrier, { timeoutMs: HANDSHAKE_MS, signal: undefined }, async () => {
      await writeAll(carrier, encodeAnswer("accepted"));
    });
    return true;
  } catch {
    return false; // it is gone
  }
}

/** Says no and closes, without losing the answer over bytes that were not read. */
export async function refuse(carrier: Carrier, reason: Refusal): Promise<undefined> {
  const leaving = async () => {
    await writeAll(carrier, encodeAnswer(reason));
    await carrier.endWriting();
    // What a dialling side says fits into one hello; whoever says more is cut.
    const scratch = new Uint8Array(HELLO_BYTES);
    for (let left = HELLO_BYTES; left > 0;) left -= await carrier.read(scratch) ?? left;
  };
  await within(leaving().catch(() => {}), GRACE_MS); // a peer that is gone hears nothing
  carrier.close();
  return undefined;
}

/** Runs a handshake; whatever goes wrong closes the carrier, which also ends what is pending. */
async function inTime<T>(
  carrier: Carrier,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
  shake: () => Promise<T>,
): Promise<T> {
  using deadline = new Deadline(timeoutMs, signal);
  const onAbort = () => carrier.close();
  deadline.signal.addEventListener("abort", onAbort);
  try {
    if (deadline.signal.aborted) throw new Error("aborted");
    return await shake();
  } catch (error) {
    carrier.close();
    if (error instanceof BlitError) throw error;
    throw handshakeError(carrier.peer, error, deadline);
  } finally {
    deadline.signal.removeEventListener("abort", onAbort);
  }
}

function handshakeError(peer: string, error: unknown, deadline: Deadline): BlitError {
  if (deadline.isOver) return new BlitError("unreachable", `Cannot open a lane to "${peer}": no answer in time`);
  if (deadline.signal.aborted) return new BlitError("interrupted", `Cannot open a lane to "${peer}": interrupted`);
  const why = error instanceof Error ? error.message : String(error);
  return new BlitError("unreachable", `Cannot open a lane to "${peer}": ${why}`, { cause: error });
}

function encodeHello({ token, lane }: LaneHello): Uint8Array {
  if (token.length !== TOKEN_BYTES) throw new RangeError(`Cannot use a token of ${token.length} bytes`);
  const hello = new Uint8Array(HELLO_BYTES);
  hello.set(MAGIC);
  hello.set(token, TOKEN_AT);
  const view = new DataView(hello.buffer);
  view.setUint16(VERSION_AT, PROTOCOL_NUMBER, true);
  view.setUint16(LANE_AT, lane, true);
  return hello;
}

function encodeAnswer(answer: typeof ANSWERS[number]): Uint8Array {
  const bytes = new Uint8Array(ANSWER_BYTES);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(VERSION_AT, PROTOCOL_NUMBER, true);
  bytes[CODE_AT] = ANSWERS.indexOf(answer);
  return bytes;
}

function checkAnswer(peer: string, answer: Uint8Array<ArrayBuffer>): void {
  const cannot = `Cannot open a lane to "${peer}"`;
  if (!startsWithMagic(answer)) throw new BlitError("protocol", `${cannot}: what answers there is no Blit daemon`);
  const code = ANSWERS[answer[CODE_AT]];
  if (code === "accepted") return;
  if (code === "wrong-version") {
    const theirs = new DataView(answer.buffer).getUint16(VERSION_AT, true);
    throw new BlitError("protocol", `${cannot}: it speaks protocol ${theirs}, this Blit speaks ${PROTOCOL_NUMBER}`, {
      hint: `Update ${theirs < PROTOCOL_NUMBER ? "the daemon" : "this Blit"}, so that both have the same version`,
    });
  }
  throw new BlitError("refused", `${cannot}: ${REASONS[code] ?? `unknown answer ${answer[CODE_AT]}`}`);
}

const REASONS: Readonly<Record<string, string>> = {
  "unknown-token": "its token is unknown there",
  "used-token": "its token has been used",
  "expired-token": "its token has expired",
  "too-many": "too many connections",
} satisfies Record<Exclude<Refusal, "wrong-version">, string>;

function startsWithMagic(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

async function writeAll(carrier: Carrier, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await carrier.write(bytes.subarray(sent));
}

/** Reads exactly the bytes from `start` to `end`; never one more, since what follows belongs to frames. */
async function readAll(carrier: Carrier, bytes: Uint8Array, start: number, end: number): Promise<void> {
  for (let position = start; position < end;) {
    const count = await carrier.read(bytes.subarray(position, end));
    if (count === null) throw new Error("it closed the connection");
    position += count;
  }
}
