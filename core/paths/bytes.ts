/**
 * Names as bytes, in JavaScript strings.
 *
 * On Unix a name is any sequence of bytes without `/` and NUL; not every name is UTF-8. Inside the engine a name is a
 * {@linkcode ByteString}: a string in which every character is one byte (0 to 255). Such strings are exact, compare and
 * hash like any other, cost one byte a character in V8, and equal the readable name as long as it is ASCII. They become
 * text only where people read them.
 *
 * @module
 */

declare const brand: unique symbol;

/** Bytes in a string, one character (U+0000 to U+00FF) a byte. Never shown to people as it is. */
export type ByteString = string & { readonly [brand]: true };

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Brands a string whose characters are already bytes. */
export function asByteString(bytes: string): ByteString {
  return bytes as ByteString;
}

/** The UTF-8 bytes of a text. */
export function encodeText(text: string): ByteString {
  // deno-lint-ignore no-control-regex -- every ASCII character is its own byte
  if (/^[\x00-\x7f]*$/.test(text)) return text as ByteString;
  return fromBytes(encoder.encode(text));
}

/** From this size on it is worth trying whether bytes are plain ASCII. */
const LONG_BYTES = 256;

/** The string of these bytes. */
export function fromBytes(bytes: Uint8Array): ByteString {
  if (bytes.length >= LONG_BYTES) {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    // deno-lint-ignore no-control-regex -- every ASCII character is its own byte
    if (/^[\x00-\x7f]*$/.test(text)) return text as ByteString;
  }
  let result = "";
  for (const byte of bytes) result += String.fromCharCode(byte);
  return result as ByteString;
}

/** The bytes of this string, newly allocated. */
export function toBytes(bytes: ByteString): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) result[i] = bytes.charCodeAt(i);
  return result;
}

/** The text of these bytes, or `undefined` where they are not UTF-8. */
export function decodeText(bytes: ByteString): string | undefined {
  // deno-lint-ignore no-control-regex -- every ASCII character is its own byte
  if (/^[\x00-\x7f]*$/.test(bytes)) return bytes;
  try {
    return strictDecoder.decode(toBytes(bytes));
  } catch {
    return undefined; // the only thing a strict decoder throws for: not UTF-8
  }
}

/**
 * A readable form: valid UTF-8 as it is, every other byte as `\xNN`. Control characters stay; whatever prints it cleans
 * it with {@linkcode cleanText}.
 */
export function displayName(bytes: ByteString): string {
  const text = decodeText(bytes);
  if (text !== undefined) return text;
  const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
  let result = "";
  for (let start = 0; start < bytes.length;) {
    const length = sequenceLength(bytes, start);
    const piece = toBytes(asByteString(bytes.slice(start, start + length)));
    const decoded = lossy.decode(piece);
    result += decoded.includes("\ufffd") ? escapeBytes(piece) : decoded;
    start += length;
  }
  return result;
}

/** A path for people: the root as the user typed it, and a path below it. */
export function displayPath(root: string, path: ByteString): string {
  if (path === "") return root;
  return root === "" || root.endsWith("/") ? root + displayName(path) : `${root}/${displayName(path)}`;
}

/**
 * A text that cannot move a terminal's cursor or break a line of a log: C0 and C1 control characters, DEL, line and
 * paragraph separators and the bidirectional controls become visible escapes such as `\n` or `\x1b`.
 */
export function cleanText(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what it looks for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    if (named !== undefined) return named;
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Control characters that `JSON.stringify` leaves alone and a terminal does not. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** What {@linkcode cleanText} is for text, for JSON on one line: it means the same, and is safe to look at. */
export function cleanJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Joins a path and a name below it; the empty path is the root. */
export function joinBytes(path: ByteString, name: ByteString): ByteString {
  return (path === "" ? name : `${path}/${name}`) as ByteString;
}

function sequenceLength(bytes: string, start: number): number {
  const lead = bytes.charCodeAt(start);
  const wanted = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  let length = 1;
  while (length < wanted && (bytes.charCodeAt(start + length) & 0xc0) === 0x80) length++;
  return length;
}

function escapeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}
