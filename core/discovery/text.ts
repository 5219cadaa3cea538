/**
 * The text that goes with a service: `key=value` pairs of at most 255 bytes each (RFC 6763, section 6).
 *
 * | key | value |
 * |---|---|
 * | `txtvers` | 1, the version of this table |
 * | `id` | of this daemon since its start, by which it is known on several interfaces; says nothing else |
 * | `version` | of the program |
 * | `protocol` | the number of its protocol |
 * | `modules` | names with commas between them, the default root as `/`; as many as fit |
 * | `more` | how many did not fit |
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { isModuleName } from "../config/module_name.ts";

/** What a daemon says about itself. */
export interface ServiceText {
  /** 1 to 16 hexadecimal digits. */
  readonly id: string;
  readonly version: string;
  readonly protocol: number;
  /** Names of modules; the empty one is the default root. */
  readonly modules: readonly string[];
}

/** What somebody else has said about a daemon; whatever made no sense is left out. */
export interface FoundText {
  readonly id?: string;
  readonly version?: string;
  readonly protocol?: number;
  readonly modules: string[];
  readonly moreModules: number;
}

const TEXT_VERSION = 1;
const MAX_ENTRY_BYTES = 255;
/** Entries of a text that are looked at. */
const MAX_ENTRIES = 32;
const ROOT = "/";
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+-]{0,31}$/;
const ID = /^[0-9a-f]{1,16}$/;
const NUMBER = /^\d{1,9}$/;

const decoder = new TextDecoder();

/** The entries of a text, about 350 bytes at most; as buffers, since the encoder takes nothing else. */
export function encodeText({ id, version, protocol, modules }: ServiceText): Buffer[] {
  let names = "";
  let count = 0;
  for (const name of modules) {
    const longer = `${names}${count === 0 ? "" : ","}${name === "" ? ROOT : name}`;
    if ("modules=".length + longer.length > MAX_ENTRY_BYTES) break;
    names = longer;
    count++;
  }
  const left = modules.length - count;
  const pairs = [
    `txtvers=${TEXT_VERSION}`,
    `id=${id}`,
    `version=${version}`,
    `protocol=${protocol}`,
    `modules=${names}`,
  ];
  return [...pairs, ...left > 0 ? [`more=${left}`] : []].map((pair) => Buffer.from(pair));
}

/** Reads the text of somebody else. */
export function readText(entries: readonly Uint8Array[]): FoundText {
  const pairs = new Map<string, string>();
  for (const entry of entries.slice(0, MAX_ENTRIES)) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(decoder.decode(entry)) ?? [];
    if (key !== undefined && !pairs.has(key.toLowerCase())) pairs.set(key.toLowerCase(), value);
  }
  const id = pairs.get("id") ?? "";
  const version = pairs.get("version") ?? "";
  const protocol = pairs.get("protocol") ?? "";
  const more = pairs.get("more") ?? "";
  const names = (pairs.get("modules") ?? "").split(",").map((name) => name === ROOT ? "" : name || undefined);
  return {
    ...(ID.test(id) && { id }),
    ...(VERSION.test(version) && { version }),
    ...(NUMBER.test(protocol) && { protocol: Number(protocol) }),
    modules: [
      ...new Set(names.filter((name) => name === "" || (name !== undefined && isModuleName(name)))),
    ] as string[],
    moreModules: NUMBER.test(more) ? Number(more) : 0,
  };
}
