/**
 * Swaps a directory for a symbolic link and back, as fast as it can, until it is told to stop. Runs in a worker.
 *
 * @module
 */

/** What the worker is told. */
export interface SwapOrder {
  /** The directory that is swapped. */
  readonly place: string;
  /** Where it waits while the link is in its place. */
  readonly aside: string;
  /** The link, ready beside it. */
  readonly link: string;
  /** Two numbers: 1 in the first one ends it, the second one counts swaps. */
  readonly state: SharedArrayBuffer;
  /** Swaps between two pauses, which take 55 to 135 ms: the portable file system waits for 60. @default no pause */
  readonly burst?: number;
}

/** The worker's own scope, which the types of a window do not have. */
const scope = globalThis as unknown as {
  addEventListener(type: "message", listener: (event: MessageEvent<SwapOrder>) => void): void;
  postMessage(message: unknown): void;
};

scope.addEventListener("message", ({ data: { place, aside, link, state, burst } }) => {
  const view = new Int32Array(state);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (Atomics.load(view, 0) === 0) {
    if (!attempt(() => Deno.renameSync(place, aside))) continue;
    attempt(() => Deno.renameSync(link, place));
    attempt(() => Deno.renameSync(place, link));
    attempt(() => Deno.renameSync(aside, place));
    const swaps = Atomics.add(view, 1, 1) + 1;
    if (burst !== undefined && swaps % burst === 0) Atomics.wait(sleeper, 0, 0, 55 + 80 * Math.random());
  }
  scope.postMessage("done");
});

/** Somebody may have created or removed something in between: then it is tried again. */
function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
