/**
 * The assertions of `@std/assert`, with the types that its npm build lacks.
 *
 * @module
 */

import * as std from "@std/assert";

/** Fails unless the condition holds. */
export const assert: (condition: unknown, message?: string) => asserts condition = std.assert;
/** Fails unless both values are deeply equal. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void = std.assertEquals;
/** Fails when both values are deeply equal. */
export const assertNotEquals: <T>(actual: T, expected: T, message?: string) => void = std.assertNotEquals;
/** Fails unless the text matches. */
export const assertMatch: (actual: string, expected: RegExp, message?: string) => void = std.assertMatch;
/** Fails when the text matches. */
export const assertNotMatch: (actual: string, expected: RegExp, message?: string) => void = std.assertNotMatch;
/** Fails unless the text contains the other one. */
export const assertStringIncludes: (actual: string, expected: string, message?: string) => void =
  std.assertStringIncludes;
