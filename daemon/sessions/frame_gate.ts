/**
 * Back pressure between threads: messages alone would pile up without a bound.
 *
 * @module
 */

/** Frames on their way to the other thread that it has not passed on: one that it works on, one that waits. */
const MOST_FRAMES = 2;

/** Counts frames that were posted and not yet taken. */
export class FrameGate {
  readonly #post: (data: Uint8Array<ArrayBuffer>, last: boolean) => void;
  #underWay = 0;
  #isOver = false;
  #onTaken: (() => void)[] = [];

  constructor(post: (data: Uint8Array<ArrayBuffer>, last: boolean) => void) {
    this.#post = post;
  }

  /** Posts a frame; resolves when there is room for another. */
  async send(data: Uint8Array<ArrayBuffer>, last: boolean): Promise<void> {
    if (this.#isOver) return;
    this.#underWay++;
    this.#post(data, last);
    while (this.#underWay >= MOST_FRAMES && !this.#isOver) {
      await new Promise<void>((resolve) => this.#onTaken.push(resolve));
    }
  }

  /** The other thread has passed one on. */
  taken(): void {
    this.#underWay--;
    this.#wake();
  }

  /** Nobody takes anything any more, and nobody waits. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#onTaken.splice(0)) resolve();
  }
}
