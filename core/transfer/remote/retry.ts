/**
 * A request that is tried again after an error that may pass. Whoever listens sees one run: it starts once, finishes once, and
 * between two tries it says why and how long it waits.
 *
 * A try does by itself what the ones before have left: what they have copied compares as equal.
 *
 * @module
 */

import { isTransient, toBlitError } from "../../errors.ts";
import type { EventBody, TransferSummary } from "../../events.ts";
import { interrupted } from "../run/interrupted.ts";
import type { TransferRequest } from "../run/orchestrator.ts";
import type { Attempt } from "./attempt.ts";
import { RetriedRun } from "./retried_run.ts";

/** Milliseconds before a further try: a daemon that is restarted is back by then. */
const WAIT_MS = 5000;

/** Carries a request out once. */
export type Try = (emit: (event: EventBody) => void, attempt: Attempt) => Promise<TransferSummary>;

/** Carries it out as often as the options allow. Rejects with the error of the last try. */
export async function withRetries(
  { options: { retry, signal } }: TransferRequest,
  carryOut: Try,
  emit: (event: EventBody) => void,
): Promise<TransferSummary> {
  if (retry === undefined || retry.times === 0) return await carryOut(emit, {});
  const { times, waitMs = WAIT_MS } = retry;
  const attempt: Attempt = {};
  const run = new RetriedRun(emit);
  for (let tries = 1;; tries++) {
    try {
      await carryOut((event) => run.hear(event), attempt);
      return run.finish();
    } catch (error) {
      const moved = attempt.isSourceGone ? run.finishMoved() : undefined;
      if (moved !== undefined) return moved;
      const { code, message } = toBlitError(error);
      try {
        if (tries > times || !isTransient(code) || signal?.aborted) throw error;
        run.beginAgain(attempt.isRemoving ?? false);
        emit({ type: "retry", try: tries, of: times, waitMs, code, message });
        await wait(waitMs, signal);
      } catch (last) {
        run.fail(signal?.aborted ?? false);
        throw last;
      }
    }
  }
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const waited = Promise.withResolvers<void>();
  const stop = (): void => waited.reject(interrupted(signal!));
  const timer = setTimeout(waited.resolve, ms);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    await waited.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
