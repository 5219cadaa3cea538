/**
 * Keeps a received frame from freeing the memory that it is being read with.
 *
 * When a peer says goodbye (GOAWAY) or breaks the protocol, `node:http2` destroys the session from within the library's
 * callback, and Deno 2.9 frees the native session there and then, while the library still works on the frame. What
 * follows is a use of freed memory: now and then the whole process ends with a segmentation fault or a failed assertion,
 * for every client that leaves politely (https://github.com/denoland/deno/issues/36788). With `MALLOC_PERTURB_=165` in the
 * environment it does so for the first one.
 *
 * @module
 */

import type { Http2Session } from "node:http2";

/**
 * Makes `destroy` of this session wait until no callback of the library is running. To be called when it is created.
 *
 * @param onError told at once what a session is destroyed for; its "error" event may no longer come
 */
export function makeDestroySafe(session: Http2Session, onError: (error: Error) => void = () => {}): void {
  const destroy = session.destroy.bind(session);
  session.destroy = (...args: Parameters<Http2Session["destroy"]>) => {
    if (args[0]) onError(args[0]);
    setImmediate(() => {
      if (!session.destroyed) destroy(...args);
    });
  };
}
