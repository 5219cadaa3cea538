/**
 * The control stream of one transfer, as the client holds it.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import {
  type Frame,
  FrameSchema,
  type LaneOffer,
  type TransferAccepted,
  type TransferEvent,
  type TransferOpen,
  type TransferRequest,
  TransferRequestSchema,
  type TransferResponse,
} from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError, toBlitError } from "../../errors.ts";
import type { ControlClient } from "../../wire/control/client.ts";
import { MessageCarrier } from "../../wire/mod.ts";
import { within } from "../../within.ts";
import { type AcceptanceOptions, firstAnswer } from "./acceptance.ts";
import { AsyncQueue } from "./async_queue.ts";

/** Frames that wait to be taken by the stream: one on its way, one behind it. */
const MOST_FRAMES = 2;

/** What a daemon says after it has accepted. */
export interface ConversationOptions extends AcceptanceOptions {
  readonly onEvent: (event: TransferEvent) => void;
  /** Told of each further lane that the daemon offers. */
  readonly onLaneOffer?: (offer: LaneOffer) => void;
  /** Ends it; the daemon is asked to stop. */
  readonly signal: AbortSignal | undefined;
}

/** A transfer under way. */
export class Conversation {
  readonly #control: ControlClient;
  readonly #outgoing = new AsyncQueue<TransferRequest>();
  readonly #responses: AsyncIterator<TransferResponse>;
  #ended: Promise<void> | undefined;
  readonly #failed = new AbortController();
  #accepted: TransferAccepted | undefined;
  #frames: MessageCarrier | undefined;
  /** The lane shares the control port, if not this stream. */
  usesControlPort = false;

  private constructor(control: ControlClient, open: TransferOpen, readonly options: ConversationOptions) {
    this.#control = control;
    this.#send({ case: "open", value: open });
    const { signal } = options;
    const call = control.service.transfer(this.#outgoing, signal === undefined ? {} : { signal });
    this.#responses = call[Symbol.asyncIterator]();
  }

  /**
   * Opens a transfer.
   *
   * @throws {BlitError} the daemon's reason when it does not accept, and "unreachable" when it takes too long for either
   */
  static async open(control: ControlClient, open: TransferOpen, options: ConversationOptions): Promise<Conversation> {
    const conversation = new Conversation(control, open, options);
    const answer = firstAnswer(control.server, conversation.#next(), options);
    const first = await control.afterHandshake(answer, options.signal);
    if (first?.message.case !== "accepted") {
      throw new BlitError("protocol", `Cannot understand "${control.server}": its first answer does not accept`);
    }
    conversation.#accepted = first.message.value;
    conversation.#ended = conversation.#listen();
    conversation.#ended.catch((error) => conversation.#failed.abort(error)); // whoever waits for the end is told too
    return conversation;
  }

  get accepted(): TransferAccepted {
    return this.#accepted!;
  }

  /** The server, for messages. */
  get server(): string {
    return this.#control.server;
  }

  /** Has lane 0 travel in this stream from now on, and says so to the daemon. */
  useFrames(): MessageCarrier {
    const send = (data: Uint8Array<ArrayBuffer>, last = false): Promise<void> => {
      const value = create(FrameSchema, { lane: 0, data, last });
      return this.#outgoing.pushWithin(
        create(TransferRequestSchema, { message: { case: "frame", value } }),
        MOST_FRAMES,
      );
    };
    this.usesControlPort = true;
    this.#frames = new MessageCarrier({
      peer: this.server,
      send,
      endSending: () => send(new Uint8Array(), true),
      onClose: () => void send(new Uint8Array(), true), // whoever waits for this end need not wait any longer
    });
    send(new Uint8Array());
    if (this.failed.aborted) this.#frames.receiveEnd(this.failed.reason);
    return this.#frames;
  }

  /** Resolves when the daemon has ended the stream; rejects with its reason. */
  get ended(): Promise<void> {
    return this.#ended!;
  }

  /** Aborted, with the reason, when the daemon has given up: nothing else should wait for it any longer. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Tells the daemon something. */
  tell(event: TransferEvent): void {
    this.#send({ case: "event", value: event });
  }

  /** Asks for one more lane. */
  wishLane(): void {
    this.#send({ case: "laneWish", value: { $typeName: "blit.v2.LaneWish" } });
  }

  /** Answers the daemon's question. */
  answerDeletion(allowed: boolean): void {
    this.#send({ case: "deletionAnswer", value: { $typeName: "blit.v2.DeletionAnswer", allowed } });
  }

  /** Says that nothing follows from here, and waits for the daemon's end. Rejects with its reason. */
  async finish(): Promise<void> {
    this.#outgoing.end();
    await this.#ended;
  }

  /** The daemon's reason, where it has ended the stream with one; waits for it a moment. */
  async reason(waitMs: number): Promise<BlitError | undefined> {
    return await within(this.#ended!.then(() => undefined, (error) => toBlitError(error)), waitMs);
  }

  async #listen(): Promise<void> {
    try {
      for (let response = await this.#next(); response !== undefined; response = await this.#next()) {
        const { message } = response;
        if (message.case === "event") this.options.onEvent(message.value);
        if (message.case === "frame") await this.#receive(message.value);
        if (message.case === "laneOffer") this.options.onLaneOffer?.(message.value);
      }
      this.#frames?.receiveEnd();
    } catch (error) {
      this.#frames?.receiveEnd(error);
      throw error;
    }
  }

  /** Reads nothing more from the stream while the lane has enough to do. */
  async #receive({ data, last }: Frame): Promise<void> {
    await this.#frames?.receive(data);
    if (last) this.#frames?.receiveEnd();
  }

  async #next(): Promise<TransferResponse | undefined> {
    try {
      const { done, value } = await this.#responses.next();
      return done ? undefined : value;
    } catch (error) {
      throw await this.#control.explain(error, this.options.signal);
    }
  }

  #send(message: TransferRequest["message"]): void {
    this.#outgoing.push(create(TransferRequestSchema, { message }));
  }
}
