/**
 * What a daemon is called in its network.
 *
 * @module
 */

/** The kind of service that daemons are. */
export const SERVICE_TYPE = "_blit._tcp.local";
/** The name under which all kinds of services are found. */
export const SERVICE_ENUMERATION = "_services._dns-sd._udp.local";

/** What a name has to be, for messages. */
export const DAEMON_NAME_RULE = "1 to 48 bytes, without dots and control characters, no space around";
/** A label has room for 63 bytes; what is left is for the number of a second daemon with the same name. */
const MAX_NAME_BYTES = 48;
const MAX_HOST_LETTERS = 40;

const encoder = new TextEncoder();

/** The names that one daemon has for itself alone. */
export interface Identity {
  /** For people: `nas`, or `nas (2)` where there is another one. */
  readonly label: string;
  /** Of the service, `nas (2)._blit._tcp.local`. */
  readonly instance: string;
  /**
   * Of the addresses, `nas-2-blit.local`. It is not the machine's own `nas.local`: that belongs to the machine's responder, if it
   * has one, and this daemon may listen on fewer addresses, or have been renamed.
   */
  readonly host: string;
}

/** The names of a daemon; a higher attempt where those of lower ones are taken. */
export function identityOf(name: string, attempt: number): Identity {
  const label = attempt === 1 ? name : `${name} (${attempt})`;
  const letters = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, MAX_HOST_LETTERS).replace(/^-|-$/g, "");
  const number = attempt === 1 ? "" : `-${attempt}`;
  return {
    label,
    instance: `${label}.${SERVICE_TYPE}`,
    host: `${letters === "" ? "daemon" : letters}${number}-blit.local`,
  };
}

/** Whether a daemon can have this name. A label with a dot could not be told from two. */
export function isDaemonName(name: string): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what a name must not have
  const isClean = !/[.\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(name);
  return isClean && name.trim() === name && name !== "" && encoder.encode(name).length <= MAX_NAME_BYTES;
}

/** The name of a daemon to which nobody has given one: that of its machine, without the domain. */
export function nameOfMachine(hostname: string): string {
  const [first] = hostname.split(".");
  return isDaemonName(first) ? first : "blit";
}

/** Whether two names of the network are the same; the case of ASCII letters says nothing. */
export function isSameName(a: string, b: string): boolean {
  return a.length === b.length && foldName(a) === foldName(b);
}

/** A form of a name that is equal for equal names. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The label of a service of our kind, `undefined` for every other name. */
export function labelOf(instance: string): string | undefined {
  const end = instance.length - SERVICE_TYPE.length - 1;
  if (end < 1 || !isSameName(instance.slice(end), `.${SERVICE_TYPE}`)) return undefined;
  return instance.slice(0, end);
}
