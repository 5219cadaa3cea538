import { assertEquals, assertRejects } from "@std/assert";
import { BlitError, type ErrorCode } from "../../errors.ts";
import { type Counters, type EventBody, type Failure, type TransferSummary, zeroCounters } from "../../events.ts";
import type { MirrorOptions } from "../options.ts";
import { type Try, withRetries } from "./retry.ts";

const STARTED: EventBody = {
  type: "started",
  schema: 1,
  verb: "copy",
  source: "a",
  destination: "b",
  dryRun: false,
  fileSystem: "portable",
};

interface Outcome {
  readonly counters: Partial<Counters>;
  readonly failures?: Failure[];
  /** What ends the try. @default it ends well */
  readonly code?: ErrorCode;
  readonly isRemoving?: boolean;
  readonly isSourceGone?: boolean;
}

function summaryOf({ counters, failures = [], code }: Outcome): TransferSummary {
  return {
    verb: "copy",
    status: code !== undefined ? "failed" : failures.length > 0 ? "partial" : "done",
    ...{ source: "a", destination: "b", dryRun: false, route: "remote", routeReason: "", workers: 0 } as const,
    fileSystem: "portable",
    volumes: {
      source: { type: "unknown", device: "unknown" },
      destination: { type: "unknown", device: "unknown" },
      sameDevice: false,
    },
    planningMs: 0,
    elapsedMs: 1,
    ...zeroCounters(),
    ...counters,
    failures,
    notices: [],
  };
}

/** Each try comes to the next of these. */
function triesOf(outcomes: Outcome[]): Try {
  return (emit, attempt) => {
    const outcome = outcomes.shift()!;
    attempt.isRemoving ||= outcome.isRemoving ?? false;
    attempt.isSourceGone ||= outcome.isSourceGone ?? false;
    const end = outcome.code === undefined ? undefined : new BlitError(outcome.code, `Cannot: ${outcome.code}`);
    if (outcome.isSourceGone) return Promise.reject(end);
    emit(STARTED);
    emit({ type: "notice", message: "said once" });
    for (const failure of outcome.failures ?? []) emit({ type: "failed", ...failure });
    const summary = summaryOf(outcome);
    emit({ type: "progress", scanComplete: true, currentPath: "", ...zeroCounters(), ...outcome.counters });
    emit({ type: "finished", summary });
    return end === undefined ? Promise.resolve(summary) : Promise.reject(end);
  };
}

async function run(
  outcomes: Outcome[],
  options: MirrorOptions = { retry: { times: 5, waitMs: 0 } },
): Promise<{ events: EventBody[]; summary: TransferSummary; error: unknown }> {
  const events: EventBody[] = [];
  const request = { verb: "copy", source: "a", destination: "b", options } as const;
  const error = await withRetries(request, triesOf(outcomes), (event) => events.push(event)).then(() => {}, (e) => e);
  const last = events.at(-1);
  if (last?.type !== "finished") throw new Error(`The last event is ${last?.type}`);
  return { events, summary: last.summary, error };
}

const missing = (path: string): Failure => ({ path, code: "not-found", message: `Cannot read "${path}"` });
const unreadable = (path: string): Failure => ({ path, code: "io", message: `Cannot read "${path}"` });

Deno.test("withRetries() counts what each try has done, and what was found once", async () => {
  const { events, summary, error } = await run([
    { counters: { entriesFound: 6, filesCopied: 3, bytesCopied: 30, directoriesCreated: 1 }, code: "unreachable" },
    { counters: { entriesFound: 10, filesCopied: 2, bytesCopied: 20, unchanged: 4 }, code: "busy" },
    { counters: { entriesFound: 10, filesCopied: 4, bytesCopied: 40, unchanged: 6 } },
  ]);
  assertEquals(error, undefined);
  const { status, entriesFound, filesCopied, bytesCopied, directoriesCreated, unchanged, notices } = summary;
  assertEquals([status, entriesFound, filesCopied, bytesCopied, directoriesCreated], ["done", 10, 9, 90, 1]);
  assertEquals(unchanged, 1); // five of the six were copied before
  assertEquals(notices, ["said once"]);
  assertEquals(events.map(({ type }) => type), [
    ...["started", "notice", "progress", "retry", "progress", "retry", "progress", "finished"],
  ]);
  const shown = events.filter((event) => event.type === "progress").map(({ filesCopied }) => filesCopied);
  assertEquals(shown, [3, 5, 9]);
});

Deno.test("withRetries() has the failures of the last try, and tells each once", async () => {
  const { events, summary } = await run([
    { counters: { failed: 2 }, failures: [unreadable("x"), unreadable("y")], code: "unreachable" },
    { counters: { failed: 1 }, failures: [unreadable("x")] },
  ]);
  assertEquals(events.filter(({ type }) => type === "failed").length, 2);
  assertEquals([summary.status, summary.failed, summary.failures], ["partial", 1, [unreadable("x")]]);
});

Deno.test("withRetries() misses nothing that an earlier try of a move has removed, and everything else", async () => {
  const { summary, events } = await run([
    { counters: { failed: 1, removed: 2 }, failures: [missing("never")], code: "unreachable", isRemoving: true },
    { counters: { failed: 2, removed: 1 }, failures: [missing("never"), missing("moved")] },
  ]);
  assertEquals([summary.removed, summary.failed, summary.failures], [3, 1, [missing("never")]]);
  assertEquals(events.filter(({ type }) => type === "failed").length, 1);
  const whole = await run([
    { counters: { removed: 2 }, code: "unreachable", isRemoving: true },
    { counters: { failed: 1, removed: 1 }, failures: [missing("moved")] },
  ]);
  assertEquals([whole.summary.status, whole.summary.removed, whole.error], ["done", 3, undefined]);
});

Deno.test("withRetries() is done when a move has left no source", async () => {
  const { summary, error } = await run([
    { counters: { filesCopied: 1, removed: 1 }, code: "unreachable", isRemoving: true },
    { counters: {}, code: "not-found", isSourceGone: true },
  ]);
  assertEquals([summary.status, summary.filesCopied, summary.removed, error], ["done", 1, 1, undefined]);
});

Deno.test("withRetries() ends with the error of the last try, and with what all have done", async () => {
  const outcomes: Outcome[] = [
    { counters: { filesCopied: 1 }, code: "unreachable" },
    { counters: { filesCopied: 2 }, code: "unreachable" },
  ];
  const { summary, error } = await run(outcomes, { retry: { times: 1, waitMs: 0 } });
  assertEquals([summary.status, summary.filesCopied, (error as BlitError).code], ["failed", 3, "unreachable"]);
});

Deno.test("withRetries() tries again after transient errors only", async () => {
  const codes: ErrorCode[] = ["refused", "protocol", "usage", "stalled", "no-space", "internal", "permission-denied"];
  for (const code of codes) {
    const { events, error } = await run([{ counters: {}, code }, { counters: {} }]);
    assertEquals([code, (error as BlitError).code, events.some(({ type }) => type === "retry")], [code, code, false]);
  }
});

Deno.test("withRetries() does not try again once its caller has interrupted it", async () => {
  const signal = AbortSignal.abort();
  const outcomes: Outcome[] = [{ counters: {}, code: "unreachable" }, { counters: {} }];
  const { summary } = await run(outcomes, { signal, retry: { times: 3, waitMs: 0 } });
  assertEquals([summary.status, outcomes.length], ["interrupted", 1]);
});

Deno.test("without retry there is one try", async () => {
  const outcomes: Outcome[] = [{ counters: {}, code: "unreachable" }, { counters: {} }];
  const request = { verb: "copy", source: "a", destination: "b", options: {} } as const;
  await assertRejects(() => withRetries(request, triesOf(outcomes), () => {}), BlitError);
  assertEquals(outcomes.length, 1);
});
