/**
 * Errors from one thread to another: only plain data crosses.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../core/errors.ts";
import type { PlainError } from "./messages.ts";

/** Everything of an error that matters on the other side. */
export function toPlainError(thrown: unknown): PlainError {
  const { code, message, path, hint, stack } = toBlitError(thrown);
  return { code, message, path, hint, stack };
}

/** The error again, with the stack of the thread that it comes from. */
export function fromPlainError({ code, message, path, hint, stack }: PlainError): BlitError {
  const options = { ...(path !== undefined && { path }), ...(hint !== undefined && { hint }) };
  const error = new BlitError(code, message, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}
