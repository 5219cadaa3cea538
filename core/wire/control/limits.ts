/**
 * What a peer may cost the server before it is cut off.
 *
 * @module
 */

/** Bounds of a control server; times are in milliseconds. */
export interface ControlLimits {
  /** Connections at once; a further one is closed. */
  readonly connections: number;
  /** Calls at once on one connection. */
  readonly calls: number;
  /** From accepting a connection until its first call has its headers. */
  readonly firstCallMs: number;
  /** Without a call on a connection that had one. */
  readonly idleMs: number;
  /** From the headers of a call to the end of its request, for calls that have a single one. */
  readonly requestMs: number;
  /** Without a byte in either direction while a call is open. */
  readonly silenceMs: number;
  /** While an answer waits, at least {@linkcode MIN_DRAIN_BYTES} must leave within this time. */
  readonly drainMs: number;
}

/** Slower than this in `drainMs` is no slow link, it is a client that does not read. */
export const MIN_DRAIN_BYTES = 1024;

/**
 * Several times what a healthy client needs on a bad link. The connections are twice what 64 busy clients with a handful
 * of transfers each would use; a silent one costs about 20 KiB until it is cut.
 */
export const CONTROL_LIMITS: ControlLimits = {
  connections: 512,
  calls: 64,
  firstCallMs: 10_000,
  idleMs: 120_000,
  requestMs: 30_000,
  silenceMs: 60_000,
  drainMs: 60_000,
};
