/**
 * A session worker: a thread with sessions and a data port of its own.
 *
 * @module
 */

import { toBinary } from "@bufbuild/protobuf";
import { toBlitError } from "../../core/errors.ts";
import { chooseFileSystem } from "../../core/fs/mod.ts";
import { loadLater } from "../../core/load_later.ts";
import { DescriptorCarrier, letIn, PipeCarrier, refuse, SharedPipe } from "../../core/wire/mod.ts";
import { TransferEventSchema } from "../../proto/blit/v2/blit_pb.ts";
import { DataPort } from "./data_port.ts";
import type { DelegatedSessionOptions } from "./delegated.ts";
import { FrameGate } from "./frame_gate.ts";
import type { PlainOrder, WorkerCommand, WorkerReport, WorkerSetup } from "./messages.ts";
import { toPlainError } from "./plain_error.ts";
import { fromPlainOrder } from "./plain_order.ts";
import type { Session } from "./session.ts";
import { SessionHost } from "./session_host.ts";
import { listenToOwner } from "./thread.ts";

/** Time for sessions to give back what they hold after a crash, in milliseconds. */
const CRASH_MS = 3000;

/**
 * How long the directories above an entry may keep this thread waiting, in milliseconds: those of other users take a second to
 * stand still, and the other sessions of this thread wait as well.
 */
const LONGEST_WAIT_MS = 3000;

/** A session, and the way of its frames to the main thread. */
interface Known {
  readonly session: Session;
  readonly gate: FrameGate;
}

let host: SessionHost | undefined;
const known = new Map<number, Known>();
/** Commands are carried out in their order, up to the point where one waits for its session. */
let handled: Promise<void> = Promise.resolve();

const owner = listenToOwner<WorkerCommand, WorkerReport>((command) => {
  handled = handled.then(() => handle(command)).catch(crash);
}, crash);

async function handle(command: WorkerCommand): Promise<void> {
  switch (command.type) {
    case "set-up":
      return setUp(command.setup);
    case "start":
      return await start(command.id, command.order);
    case "close":
      // Not waited for: sessions that end may still have to hear that their frames have gone on.
      return void close();
    default:
      return pass(command);
  }
}

/** Without its port it works all the same, through the control port. */
function setUp({ fileSystem, lock, answerMs, dataPort }: WorkerSetup): void {
  let warning: string | undefined;
  let opened: DataPort | undefined;
  try {
    opened = dataPort && DataPort.open(dataPort.hostname, dataPort.port);
  } catch (error) {
    warning = toBlitError(error).message;
  }
  const access = { fileSystem: chooseFileSystem(fileSystem), lock, longestWaitMs: LONGEST_WAIT_MS };
  host = new SessionHost({ access, dataPort: opened, answerMs, runPull });
  report({ type: "ready", warning });
}

/** Loads the client of the control plane when the first order for it comes: most workers never need it. */
async function runPull(options: DelegatedSessionOptions): Promise<void> {
  const { runDelegatedSession } = await loadLater<typeof import("./delegated.ts")>(
    new URL("./delegated.ts", import.meta.url),
  );
  await runDelegatedSession(options);
}

async function start(id: number, order: PlainOrder): Promise<void> {
  const gate = new FrameGate((data, last) => report({ type: "frame", id, data, last }, [data.buffer]));
  const end = (thrown?: unknown): void => {
    gate.end();
    known.delete(id);
    report({ type: "ended", id, error: thrown === undefined ? undefined : toPlainError(thrown) });
  };
  try {
    const session = await host!.start(fromPlainOrder(order), {
      tell: (event) => report({ type: "event", id, event: toBinary(TransferEventSchema, event) }),
      sendFrame: (data, last) => gate.send(data, last),
      wishLane: () => report({ type: "wish-lane", id }),
      openLane: (carrier) => report({ type: "lane", id, carrier }),
    });
    known.set(id, { session, gate });
    report({ type: "started", id, offer: session.offer });
    session.ended.then(() => end(), end);
  } catch (error) {
    end(error);
  }
}

/** Hands a session what is meant for it; one that has ended needs nothing. */
function pass(command: Exclude<WorkerCommand, { type: "set-up" | "start" | "close" }>): void {
  const { session, gate } = known.get(command.id) ?? {};
  switch (command.type) {
    case "answer":
      return session?.answer(command.allowed);
    case "helper":
      return session === undefined ? command.port.close() : session.addHelper(command.port);
    case "take-lane": {
      const pipes = [command.inbound, command.outbound].map((memory) => new SharedPipe(memory));
      const carrier = new PipeCarrier(command.peer, pipes[0], pipes[1]);
      return session === undefined ? carrier.close() : session.takeLane(carrier);
    }
    case "take-connection":
      return void takeConnection(session, command.peer, command.descriptor);
    case "frame":
      session?.receiveFrame(command.data, command.last).then(() => report({ type: "taken", id: command.id }));
      return;
    case "taken":
      return gate?.taken();
    case "end-input":
      return session?.endInput();
    case "cancel":
      return session?.cancel();
  }
}

async function takeConnection(session: Session | undefined, peer: string, descriptor: number): Promise<void> {
  const carrier = new DescriptorCarrier(peer, descriptor);
  if (session === undefined) return carrier.close();
  // The thread that has let the token in may not know yet.
  if (session.hasLane) return void await refuse(carrier, "used-token");
  if (await letIn(carrier)) session.takeLane(carrier);
}

async function close(): Promise<void> {
  await host?.close().catch(() => {}); // its sessions have told why they end
  report({ type: "closed" });
}

/** A defect: nothing here can be relied on. What is open is closed in order, since files of the C library outlive a thread. */
async function crash(thrown: unknown): Promise<void> {
  report({ type: "crashed", reason: (thrown instanceof Error && thrown.stack) || String(thrown) });
  setTimeout(() => report({ type: "closed" }), CRASH_MS);
  await close();
}

function report(message: WorkerReport, transfer: Transferable[] = []): void {
  owner.post(message, transfer);
}
