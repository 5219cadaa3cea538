/**
 * The `blit-utils` program: the verbs for administrators, which `blit` has as well.
 *
 * @module
 */

import { main } from "../cli/main.ts";
import { BLIT_UTILS } from "../cli/table/mod.ts";

if (import.meta.main) Deno.exit(await main(Deno.args, { exit: Deno.exit, program: BLIT_UTILS }));
