/**
 * A delegated pull of this thread. It dials by itself, so no lane comes to it.
 *
 * @module
 */

import type { Carrier } from "../../core/wire/mod.ts";
import { Exports } from "../exports.ts";
import { DeletionAnswers } from "./deletion_answers.ts";
import type { PullOrder, Session, SessionEvents } from "./session.ts";
import type { SessionHostOptions } from "./session_host.ts";

/** One session that pulls from another daemon. */
export class HostedPull implements Session {
  readonly offer = undefined;
  readonly ended: Promise<void>;
  readonly #answers: DeletionAnswers;
  readonly #stopped = new AbortController();

  constructor(
    { place, open, address }: PullOrder,
    events: SessionEvents,
    { access, answerMs, runPull }: SessionHostOptions,
  ) {
    this.#answers = new DeletionAnswers({ limitMs: answerMs, onLeft: () => this.cancel() });
    const running = runPull({
      exports: new Exports(access, [place.module]),
      place,
      open,
      address,
      tell: (event) => events.tell(event),
      answer: () => this.#answers.next(),
      signal: this.#stopped.signal,
    });
    this.ended = running.finally(() => this.#answers.end());
    this.ended.catch(() => {}); // whoever waits for the end is told
  }

  answer(allowed: boolean): void {
    this.#answers.push(allowed);
  }

  /** Nobody helps it. */
  addHelper(port: MessagePort): void {
    port.close();
  }

  /** It has no lane for its client. */
  takeLane(carrier: Carrier): void {
    carrier.close();
  }

  /** No frame is part of the conversation about it. */
  receiveFrame(): Promise<void> {
    return Promise.resolve();
  }

  endInput(): void {
    this.#answers.end();
  }

  cancel(): void {
    this.#answers.end();
    this.#stopped.abort();
  }
}
