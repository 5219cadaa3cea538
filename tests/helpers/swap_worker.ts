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
}

/** The worker's own scope, which the types of a window do not have. */
const scope = globalThis as unknown as {
  addEventListener(type: "message", listener: (event: MessageEvent<SwapOrder>) => void): void;
  postMessage(message: unknown): void;
};

scope.addEventListener("message", ({ data: { place, aside, link, state } }) => {
  const view = new Int32Array(state);
  while (Atomics.load(view, 0) === 0) {
    if (!attempt(() => Deno.renameSync(place, aside))) continue;
    attempt(() => Deno.renameSync(link, place));
    attempt(() => Deno.renameSync(place, link));
    attempt(() => Deno.renameSync(aside, place));
    Atomics.add(view, 1, 1);
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
