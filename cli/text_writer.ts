/**
 * Text to a stream: few large writes instead of one a line, in order, and quiet when nobody reads any more.
 *
 * @module
 */

/** Where text goes. */
export interface TextSink {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/** Options of {@linkcode TextWriter}. */
export interface TextWriterOptions {
  /**
   * The longest time for which a text may wait to be written together with what follows.
   * @default 100
   */
  delayMs?: number;
}

/** Written at once when this many characters wait: the size of a pipe, so larger writes gain nothing. */
const FLUSH_LENGTH = 65_536;

const encoder = new TextEncoder();

/** A buffered stream of text. Writing never fails and never waits; {@linkcode TextWriter.failure} tells afterwards. */
export class TextWriter {
  readonly #sink: TextSink;
  readonly #delayMs: number;
  readonly #closed = new AbortController();
  #pending: string[] = [];
  #pendingLength = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  /** Creates a writer; the sink stays the caller's to close. */
  constructor(sink: TextSink, options: TextWriterOptions = {}) {
    const { delayMs = 100 } = options;
    this.#sink = sink;
    this.#delayMs = delayMs;
  }

  /** Whether a person sees the text at once. */
  get isTerminal(): boolean {
    return this.#sink.isTerminal();
  }

  /** Aborted as soon as the reader has gone; what is written from then on is dropped. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Why writing failed, if it did for another reason than that the reader has gone. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Whether everything has been handed to the system. */
  get idle(): boolean {
    return this.#pendingLength === 0 && this.#writing === undefined;
  }

  /** Adds a text; it is written within `delayMs`. */
  write(text: string): void {
    if (text === "" || this.#closed.signal.aborted) return;
    this.#pending.push(text);
    this.#pendingLength += text.length;
    if (this.#delayMs === 0 || this.#pendingLength >= FLUSH_LENGTH) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#delayMs);
  }

  /** Resolves when everything has been written, or never will be. */
  async flush(): Promise<void> {
    while (!this.idle) {
      this.#start();
      await this.#writing;
    }
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#drain().finally(() => this.#writing = undefined);
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pendingLength > 0) await this.#writeAll(this.#take());
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) this.#failure = error;
      this.#take();
      this.#closed.abort();
    }
  }

  async #writeAll(text: string): Promise<void> {
    let rest = encoder.encode(text);
    while (rest.length > 0) rest = rest.subarray(await this.#sink.write(rest));
  }

  #take(): string {
    const text = this.#pending.join("");
    this.#pending = [];
    this.#pendingLength = 0;
    return text;
  }
}
