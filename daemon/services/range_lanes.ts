/**
 * Further lanes of a transfer, for ranges of large files: each is a session of its own in another thread.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { type BlitError, toBlitError } from "../../core/errors.ts";
import { MAX_RANGE_LANES } from "../../core/wire/limits.ts";
import { type LaneOffer, LaneOfferSchema } from "../../proto/blit/v2/blit_pb.ts";
import type { Session, SessionEvents, Sessions, TransferOrder } from "../sessions/mod.ts";

/** Options of {@linkcode GivenLanes}. */
export interface GivenLanesOptions {
  readonly sessions: Sessions;
  /** What the transfer itself was started with. */
  readonly order: TransferOrder;
  /** A lane has come. */
  readonly openLane: SessionEvents["openLane"];
  /** Tells the client of a lane. */
  readonly offer: (offer: LaneOffer) => void;
  /** A lane has failed by a defect; the transfer goes on without it. */
  readonly onDefect: (error: BlitError) => void;
}

/** The further lanes that one transfer was given. */
export class GivenLanes {
  readonly #options: GivenLanesOptions;
  readonly #given = new Set<Session>();
  #count = 0;
  #isOver = false;

  constructor(options: GivenLanesOptions) {
    this.#options = options;
  }

  /** Gives one more, if there is a thread for it, whatever the client asks for. `main` is the session of the transfer itself. */
  async give(main: Session): Promise<void> {
    const { sessions, order: { role, ...order }, openLane, offer, onDefect } = this.#options;
    if (this.#isOver || this.#count >= Math.min(MAX_RANGE_LANES, sessions.threads - 1)) return;
    this.#count++;
    const channel = role === "receive" ? new MessageChannel() : undefined;
    try {
      const session = await sessions.start(
        channel === undefined
          ? { ...order, role: "send-ranges" }
          : { ...order, role: "receive-ranges", port: channel.port2 },
        { ...SILENT, openLane },
      );
      session.ended.catch((thrown) => {
        const error = toBlitError(thrown);
        if (error.code === "internal") onDefect(error); // others are told by the session that decides
      }).finally(() => {
        this.#given.delete(session);
        this.#count--;
      });
      this.#given.add(session);
      if (this.#isOver || session.offer === undefined) {
        channel?.port1.close();
        return session.cancel();
      }
      if (channel !== undefined) main.addHelper(channel.port1);
      offer(create(LaneOfferSchema, session.offer));
    } catch {
      channel?.port1.close();
      // Too busy for that: the transfer goes on with what it has.
    }
  }

  /** The transfer is over. */
  close(): void {
    this.#isOver = true;
    for (const session of this.#given) session.cancel();
  }
}

/** What is to be said about a transfer its own session says. */
const SILENT: Omit<SessionEvents, "openLane"> = {
  tell: () => {},
  sendFrame: () => Promise.resolve(),
  wishLane: () => {},
};
