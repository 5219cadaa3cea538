/**
 * A stream that hands on what it gets after a delay, without limiting how much passes.
 *
 * @module
 */

/** Options of {@linkcode createDelay}. */
export interface DelayOptions {
  /** From when a chunk comes until it is handed on. */
  delayMs: number;
  /**
   * Bytes that may be under way; more have to wait for room, as on a link that is full. 64 MiB within 100 ms are
   * 670 MB/s, more than the programs that are measured over it move.
   *
   * @default 64 MiB
   */
  mostBytes?: number;
}

interface Chunk {
  dueMs: number;
  content: Uint8Array<ArrayBuffer>;
}

/** A pair of streams: every chunk comes out `delayMs` after it went in, and so does the end. */
export function createDelay(
  options: DelayOptions,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const { delayMs, mostBytes = 64 * 1024 * 1024 } = options;
  const stamp = new TransformStream<Uint8Array<ArrayBuffer>, Chunk>(
    {
      transform: (content, controller) => controller.enqueue({ dueMs: performance.now() + delayMs, content }),
      flush: () => waitMs(delayMs),
    },
    undefined,
    { highWaterMark: mostBytes, size: ({ content }) => content.byteLength },
  );
  const hold = new TransformStream<Chunk, Uint8Array<ArrayBuffer>>({
    async transform({ dueMs, content }, controller) {
      const restMs = dueMs - performance.now();
      if (restMs > 0) await waitMs(restMs);
      controller.enqueue(content);
    },
  });
  return { writable: stamp.writable, readable: stamp.readable.pipeThrough(hold) };
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
