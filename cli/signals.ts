/**
 * Ctrl-C and its relatives: the first one stops the run cleanly, the second one leaves at once. And the signals that ask how
 * far the run has come.
 *
 * @module
 */

import { EXIT_STATUS } from "../core/errors.ts";
import { HANGUP_STATUS } from "./exit_codes.ts";
import type { Io } from "./io.ts";

const STATUS_OF_SIGNAL: Readonly<Partial<Record<Deno.Signal, number>>> = {
  SIGINT: EXIT_STATUS.interrupted,
  SIGBREAK: EXIT_STATUS.interrupted,
  SIGTERM: EXIT_STATUS.terminated,
  SIGHUP: HANGUP_STATUS,
};

/** Listens until it is disposed of. */
export interface SignalWatch extends Disposable {
  /** The exit status that the received signal asks for, `undefined` as long as none came. */
  readonly status: number | undefined;
}

/** Aborts the controller on the first signal and exits on the second. */
export function watchSignals(controller: AbortController, io: Io): SignalWatch {
  const names: Deno.Signal[] = io.platform === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  let received: number | undefined;
  const handlers = names.map((name) => {
    const status = STATUS_OF_SIGNAL[name] ?? EXIT_STATUS.interrupted;
    const handler = () => {
      if (received !== undefined) return io.exit(status);
      received = status;
      controller.abort();
    };
    io.onSignal(name, handler);
    return { name, handler };
  });
  return {
    get status() {
      return received;
    },
    [Symbol.dispose]() {
      for (const { name, handler } of handlers) io.offSignal(name, handler);
    },
  };
}

/** SIGINFO is Ctrl-T on macOS and the BSDs, and unknown elsewhere. */
const STATE_SIGNALS: readonly Deno.Signal[] = ["SIGUSR1", "SIGINFO"];

/** Calls back whenever somebody asks for the state of the run, until it is disposed of. */
export function watchStateRequests(io: Io, onRequest: () => void): Disposable {
  const names = io.platform === "windows" ? [] : STATE_SIGNALS;
  const handlers = names.flatMap((name) => {
    const handler = (): void => {
      onRequest();
      if (name === "SIGUSR1") io.closeDebugger();
    };
    return listen(name, handler, io) ? [{ name, handler }] : [];
  });
  return {
    [Symbol.dispose]() {
      for (const { name, handler } of handlers) io.offSignal(name, handler);
    },
  };
}

/** Listens, and returns whether the system has such a signal. */
function listen(name: Deno.Signal, handler: () => void, io: Io): boolean {
  try {
    io.onSignal(name, handler);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
