/**
 * The version of every Blit program, from the one place where it is written.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** Such as `1.2.3`. */
export const VERSION: string = config.version;
