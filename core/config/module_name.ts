/**
 * What the name of a module may be.
 *
 * @module
 */

/** Names that need no quoting in a shell and cannot be taken for a path, a flag or a port. */
const MODULE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a name has to be, for messages. */
export const MODULE_NAME_RULE = "1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first";

/** Whether a module can have this name. */
export function isModuleName(name: string): boolean {
  return MODULE_NAME.test(name);
}
