/**
 * A transfer whose client speaks the control plane well, and on its lane whatever a test makes up.
 *
 * @module
 */

import type { TransferSummary, Verb } from "../../mod.ts";
import { BlitError } from "../../core/errors.ts";
import { chooseFileSystem } from "../../core/fs/mod.ts";
import { admitAll } from "../../core/scan/filter.ts";
import { start } from "../../core/transfer/mod.ts";
import { type SendTotals, sendTree } from "../../core/transfer/sending/mod.ts";
import { Conversation } from "../../core/transfer/remote/conversation.ts";
import { errorOfEnd } from "../../core/transfer/remote/event_messages.ts";
import { openMessage } from "../../core/transfer/remote/open_message.ts";
import { connectControl, type ControlClient } from "../../core/wire/control/client.ts";
import { type Carrier, Lane, openLane } from "../../core/wire/mod.ts";
import { Role, type Summary, type TransferAccepted } from "../../proto/blit/v2/blit_pb.ts";

/** Options of {@linkcode openRawTransfer}. */
export interface RawTransferOptions {
  readonly port: number;
  readonly role: Role.PUSH | Role.PULL;
  /** Below the default root. */
  readonly path: string;
  /** @default "copy" */
  readonly verb?: Verb;
  /** What a client that pushes says its source is called. @default nothing */
  readonly label?: string;
}

/** A transfer that the daemon has accepted. Dispose of it to leave. */
export class RawTransfer implements Disposable {
  #end: Summary | undefined;

  private constructor(readonly control: ControlClient, readonly conversation: Conversation) {}

  static async open({ port, role, path, verb = "copy", label = "" }: RawTransferOptions): Promise<RawTransfer> {
    const host = "127.0.0.1";
    const control = await connectControl({ host, port });
    const endpoint = { kind: "remote", host, port, module: undefined, path, trailingSlash: true } as const;
    const source = { name: "" as never, label, isDirectory: true, contentsOnly: true };
    const open = openMessage(endpoint, { verb, role, options: {}, ...(role === Role.PUSH ? { source } : {}) });
    const conversation: Conversation = await Conversation.open(control, open, {
      signal: undefined,
      onEvent: ({ event }) => event.case === "end" && (transfer.#end = event.value),
    });
    const transfer = new RawTransfer(control, conversation);
    return transfer;
  }

  get accepted(): TransferAccepted {
    return this.conversation.accepted;
  }

  /** Connects to the data port, and shakes hands. */
  openLane(): Promise<Carrier> {
    const { dataPorts: [port], tokens: [token] } = this.accepted;
    return openLane({ host: "127.0.0.1", port, token, lane: 0 });
  }

  /** Waits for the daemon's end, and returns its error, where it has one. A client that pulls has to end first. */
  async outcome(): Promise<BlitError | undefined> {
    try {
      await this.conversation.finish();
    } catch (error) {
      if (error instanceof BlitError) return error;
      throw error;
    }
    return this.#end === undefined ? undefined : errorOfEnd(this.#end);
  }

  /** What it has said of how it went. */
  get end(): Summary | undefined {
    return this.#end;
  }

  /** Whether the daemon has said how it went. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  [Symbol.dispose](): void {
    this.control.close();
  }
}

/** Does over a carrier what a good client does that pushes a directory. */
export async function sendAll(carrier: Carrier, directory: string): Promise<SendTotals> {
  using lane = new Lane(carrier, { role: "source" });
  const fileSystem = chooseFileSystem();
  return await sendTree(lane, { fileSystem, root: directory, shownRoot: directory, filter: admitAll });
}

/** Does over a carrier what a good client does that pulls a directory. */
export async function receiveAll(carrier: Carrier, directory: string, verb: Verb = "copy"): Promise<TransferSummary> {
  return await start({
    verb,
    source: "daemon",
    destination: directory,
    options: {},
    origin: {
      root: { label: "daemon", name: "", isDirectory: true, contentsOnly: true },
      isEmpty: false,
      open: () => Promise.resolve(new Lane(carrier, { role: "sink" })),
      removed: () => Promise.resolve(0),
    },
  });
}
