/**
 * Blit moves files: fast, faithfully, and never loses one.
 *
 * Four verbs, each a function that starts at once and can be awaited for its summary or iterated for its events:
 * {@linkcode copy}, {@linkcode mirror}, {@linkcode move} and {@linkcode verify}. Nothing is printed, nothing exits, and
 * importing this module does nothing. Whatever ends a run is a {@linkcode BlitError} with a code from a closed list; what
 * concerns single entries is in the summary.
 *
 * @example Copy a directory and look at the summary
 * ```ts
 * import { copy } from "@blit/cli";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.txt`, "hello");
 * const summary = await copy(`${folder}/a.txt`, `${folder}/b.txt`);
 * if (summary.filesCopied !== 1) throw new Error("not copied");
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * {@linkcode serve} runs a daemon that exports directories, {@linkcode connect} asks one what it has; either end of a transfer
 * can be on one, as `server:/module/path`.
 *
 * As a program it is the `blit` command: `deno run -A jsr:@blit/cli copy SOURCE DESTINATION`.
 *
 * @module
 */

export { connect } from "./core/connect.ts";
export type { Server, ServerCallOptions, ServerEntry, ServerListOptions, ServerModule } from "./core/connect.ts";
export { BlitError } from "./core/errors.ts";
export type { BlitErrorOptions, ErrorCode } from "./core/errors.ts";
export { EVENT_SCHEMA_VERSION } from "./core/events.ts";
export type {
  Counters,
  Difference,
  EntryAction,
  EventBase,
  EventBody,
  EventPath,
  Failure,
  Route,
  RunStatus,
  TransferEvent,
  TransferSummary,
  Verb,
} from "./core/events.ts";
export type { EntryKind } from "./core/fs/types.ts";
export type { DeviceClass, FileSystemProfile } from "./core/fs/volume.ts";
export { copy, mirror, move, verify } from "./core/transfer/mod.ts";
export type { Transfer } from "./core/transfer/mod.ts";
export type {
  CommonOptions,
  Comparison,
  CopyOptions,
  DeletionPlan,
  FilterOptions,
  MirrorOptions,
  MoveOptions,
  RetryOptions,
  VerifyOptions,
} from "./core/transfer/options.ts";
export { serve } from "./daemon/serve.ts";
export type { ServedDaemon, ServedModule, ServeOptions } from "./daemon/serve.ts";

if (import.meta.main) {
  const { main } = await import("./cli/main.ts");
  Deno.exit(await main(Deno.args, { exit: Deno.exit }));
}
