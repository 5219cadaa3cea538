/**
 * What carries a lane: an ordered, reliable stream of bytes in both directions. Frames know nothing of how it is made.
 *
 * @module
 */

/**
 * A stream of bytes to a peer and back. One read and one write may be pending at the same time; a lane never has more.
 *
 * A carrier made of messages (the fallback) keeps what a message holds beyond `into` for the next read, and may cut what it is
 * given to write into messages wherever it likes: frames and messages need not have the same borders.
 */
export interface Carrier {
  /** The peer, for messages to people, such as `192.0.2.7:9031`. */
  readonly peer: string;
  /** The peer is on this machine, as far as addresses tell: both ends share its processors. @default false */
  readonly isHere?: boolean;
  /** Reads at least one byte into the start of `into`; `null` when the peer has ended its direction. */
  read(into: Uint8Array): Promise<number | null>;
  /**
   * Sends at least one byte and at most all of `bytes`, and says how many. When it resolves the bytes belong to the caller again,
   * so a carrier that keeps them copies them. Waits while the peer, or what is between, takes no more.
   */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends our direction after what was written; the peer's direction stays open. Does nothing where that cannot be. */
  endWriting(): Promise<void>;
  /** Ends both directions at once; pending reads and writes reject. Closing twice does nothing. */
  close(): void;
}
