/**
 * A value as one line of JSON that is safe to look at.
 *
 * @module
 */

/** Control characters that `JSON.stringify` leaves alone and a terminal does not. */
const UNSAFE = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The line, with its line break. */
export function jsonLine(value: object): string {
  const text = JSON.stringify(value);
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`) + "\n";
}
