/**
 * Reading a stream of HTTP/2 to its end, at the reader's own pace.
 *
 * The iteration that `node:stream` brings takes a stream for cut off when it has been closed, in order, before its reader has come to
 * the end of what is buffered ([nodejs/node#65677](https://github.com/nodejs/node/issues/65677), which Deno 2.9 shares): a slow
 * reader lost the last answers of a call. This one reads what is there first.
 *
 * @module
 */

import type { ClientHttp2Stream } from "node:http2";

/** Makes the stream's own iteration this one. */
export function readToTheEnd(stream: ClientHttp2Stream): void {
  Object.defineProperty(stream, Symbol.asyncIterator, { value: () => chunksOf(stream) });
}

async function* chunksOf(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array> {
  let news = Promise.withResolvers<void>();
  let failure: unknown;
  let isClosed = false;
  const tell = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const onError = (error: unknown): void => {
    failure = error;
    tell();
  };
  const onClose = (): void => {
    isClosed = true;
    tell();
  };
  stream.on("readable", tell).on("end", tell).on("error", onError).on("close", onClose);
  isClosed ||= stream.closed && stream.destroyed;
  try {
    for (;;) {
      const { promise } = news; // what comes after looking resolves it
      const chunk = stream.read();
      if (chunk !== null) yield chunk;
      else if (failure !== undefined) throw failure;
      else if (stream.readableEnded) return;
      else if (isClosed) {
        if (stream.aborted || stream.rstCode !== 0) throw new Error("The stream was cut off");
        return;
      } else await promise;
    }
  } finally {
    stream.off("readable", tell).off("end", tell).off("error", onError).off("close", onClose);
  }
}
