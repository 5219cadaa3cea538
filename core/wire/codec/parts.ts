/**
 * What several records have in common: paths, reasons, attributes.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { ByteString } from "../../paths/bytes.ts";
import {
  MAX_NAME_BYTES,
  MAX_PATH_DEPTH,
  receivedNameProblem,
  receivedPathProblem,
  receivedTargetProblem,
} from "../../paths/received_name.ts";
import { MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_ITEMS, MAX_REASON_BYTES } from "../limits.ts";
import type { WireAttributes } from "../records.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { MalformedRecord } from "./malformed.ts";

/** Numbers of error codes on the wire. New ones are added with new numbers; a number never changes its meaning. */
const ERROR_NUMBERS: Readonly<Record<ErrorCode, number>> = {
  "internal": 0,
  "usage": 1,
  "refused": 2,
  "not-found": 3,
  "exists": 4,
  "is-directory": 5,
  "not-directory": 6,
  "permission-denied": 7,
  "read-only": 8,
  "no-space": 9,
  "quota": 10,
  "too-large": 11,
  "name-too-long": 12,
  "invalid-name": 13,
  "name-collision": 14,
  "not-empty": 15,
  "busy": 16,
  "loop": 17,
  "changed": 18,
  "cross-device": 19,
  "unsupported": 20,
  "metadata": 21,
  "io": 22,
  "interrupted": 23,
  "stalled": 24,
  "unreachable": 25,
  "protocol": 26,
};

const ERROR_CODES = new Map(Object.entries(ERROR_NUMBERS).map(([code, number]) => [number, code as ErrorCode]));

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a code and a message. A message that is too long is cut, not refused: something has gone wrong already. */
export function writeReason(writer: ByteWriter, code: ErrorCode, message: string): void {
  writer.uint8(ERROR_NUMBERS[code]);
  const bytes = new Uint8Array(MAX_REASON_BYTES);
  const { written } = encoder.encodeInto(message, bytes); // stops before a character that does not fit
  writer.varint(written);
  writer.bytes(bytes.subarray(0, written));
}

/** Reads a code and a message. A code that only newer versions know is `internal`. */
export function readReason(reader: ByteReader): { code: ErrorCode; message: string } {
  const code = ERROR_CODES.get(reader.uint8()) ?? "internal";
  const length = reader.varintUpTo(MAX_REASON_BYTES, "length of a message");
  return { code, message: decoder.decode(reader.view(length)) };
}

/** Writes the length of a list. */
export function writeCount(writer: ByteWriter, count: number): void {
  if (count > MAX_ITEMS) throw new RangeError(`Cannot encode ${count} items: at most ${MAX_ITEMS} are allowed`);
  writer.varint(count);
}

/** Writes one name. */
export function writeName(writer: ByteWriter, name: ByteString): void {
  refuse(receivedNameProblem(name));
  writer.uint8(name.length);
  writer.byteString(name);
}

/** Reads one name, checked. */
export function readName(reader: ByteReader): ByteString {
  const name = reader.byteString(reader.uint8());
  const problem = receivedNameProblem(name);
  if (problem !== undefined) throw new MalformedRecord(problem);
  return name;
}

/** Writes a path as its components. */
export function writePath(writer: ByteWriter, path: readonly ByteString[]): void {
  refuse(receivedPathProblem(path));
  writer.varint(path.length);
  for (const name of path) writeName(writer, name);
}

/** Reads a path, checked. */
export function readPath(reader: ByteReader): ByteString[] {
  const count = reader.count(2, "components", MAX_PATH_DEPTH);
  const path: ByteString[] = [];
  for (let i = 0; i < count; i++) path.push(readName(reader));
  const problem = receivedPathProblem(path);
  if (problem !== undefined) throw new MalformedRecord(problem);
  return path;
}

/** Writes the target of a symbolic link. */
export function writeTarget(writer: ByteWriter, target: ByteString): void {
  refuse(receivedTargetProblem(target));
  writer.varint(target.length);
  writer.byteString(target);
}

/** Reads the target of a symbolic link, checked. */
export function readTarget(reader: ByteReader): ByteString {
  const target = reader.byteString(reader.varint());
  const problem = receivedTargetProblem(target);
  if (problem !== undefined) throw new MalformedRecord(problem);
  return target;
}

/** Why extended attributes cannot be written, whatever else is in the record. */
export function attributesProblem(attributes: WireAttributes): string | undefined {
  if (attributes.size > MAX_ATTRIBUTES) return `it has ${attributes.size} extended attributes`;
  for (const [name, value] of attributes) {
    const problem = attributeNameProblem(name as ByteString);
    if (problem !== undefined) return problem;
    if (value.length > MAX_ATTRIBUTE_BYTES) return `an extended attribute has ${value.length} bytes`;
  }
  return undefined;
}

/** Writes extended attributes. */
export function writeAttributes(writer: ByteWriter, attributes: WireAttributes): void {
  refuse(attributesProblem(attributes));
  writer.varint(attributes.size);
  for (const [name, value] of attributes) {
    writer.uint8(name.length);
    writer.byteString(name as ByteString);
    writer.varint(value.length);
    writer.bytes(value);
  }
}

/** Reads extended attributes; names are unique. */
export function readAttributes(reader: ByteReader): Map<string, Uint8Array> {
  const count = reader.count(3, "extended attributes", MAX_ATTRIBUTES);
  const attributes = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const name = reader.byteString(reader.uint8());
    const problem = attributeNameProblem(name);
    if (problem !== undefined) throw new MalformedRecord(problem);
    if (attributes.has(name)) throw new MalformedRecord("an extended attribute comes twice");
    attributes.set(name, reader.copy(reader.varintUpTo(MAX_ATTRIBUTE_BYTES, "size of an extended attribute")));
  }
  return attributes;
}

function attributeNameProblem(name: ByteString): string | undefined {
  if (name.length === 0 || name.length > MAX_NAME_BYTES) {
    return `name of an extended attribute has ${name.length} bytes`;
  }
  return name.includes("\0") ? "name of an extended attribute contains a NUL byte" : undefined;
}

/** On the sending side the same checks find a mistake of the caller. */
function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new RangeError(`Cannot encode: ${problem}`);
}
