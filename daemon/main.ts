/**
 * The `blit-daemon` program: settings, signals, exit status.
 *
 * @module
 */

import { EXIT_STATUS, exitStatusOf, toBlitError } from "../core/errors.ts";
import { chooseFileSystem, giveMemoryBack } from "../core/fs/mod.ts";
import { cleanText } from "../core/paths/bytes.ts";
import { VERSION } from "../core/version.ts";
import { type DaemonFlags, HELP, parseFlags } from "./flags.ts";

/** Runs the program to its end and resolves with the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const request = parseFlags(args);
    if (request.kind === "run") return await run(request.flags);
    await print(request.kind === "help" ? HELP : `blit-daemon ${VERSION}\n`);
    return EXIT_STATUS.done;
  } catch (thrown) {
    const error = toBlitError(thrown);
    console.error(`blit-daemon: ${cleanText(error.message)}`);
    if (error.hint !== undefined) console.error(`  ${cleanText(error.hint)}`);
    if (error.code === "internal") console.error(error.stack);
    return exitStatusOf(error.code);
  }
}

async function run(flags: DaemonFlags): Promise<number> {
  const { changedForRestart, readSettings } = await import("./settings.ts");
  const settings = await readSettings(flags);
  giveMemoryBack();
  const [{ openLog }, { startDaemon }] = await Promise.all([import("./log.ts"), import("./daemon.ts")]);
  const log = await openLog(settings.logFormat);
  const stopped = Promise.withResolvers<string>();
  using _signals = onSignals({ reload: () => void reload(), stop: stopped.resolve });
  const mdns = settings.noMdns ? undefined : { name: settings.mdnsName };
  const daemon = await startDaemon({ ...settings, mdns, fileSystem: chooseFileSystem(), log });
  for (const warning of settings.warnings) log.warn(warning);
  const names = settings.modules.map(({ name }) => name === "" ? "(default root)" : name);
  log.info("Ready", { address: daemon.hostname, port: daemon.port, modules: names, version: VERSION });
  const signal = await stopped.promise;
  log.info("Stopping", { signal });
  await daemon.stop();
  log.info("Stopped");
  return EXIT_STATUS.done;

  async function reload(): Promise<void> {
    try {
      const fresh = await readSettings(flags);
      const { modules } = fresh;
      await daemon.serveMetrics(fresh.metrics);
      daemon.replace(fresh);
      for (const warning of fresh.warnings) log.warn(warning);
      const keys = changedForRestart(settings, fresh);
      if (keys.length > 0) log.warn("Some settings change only with a restart", { keys });
      log.info("Reloaded", { modules: modules.map(({ name }) => name) });
    } catch (thrown) {
      log.error("Not reloaded, everything stays as it was", { reason: toBlitError(thrown).message });
    }
  }
}

/** Listens to signals until it is disposed of. */
function onSignals(handlers: { reload: () => void; stop: (signal: string) => void }): Disposable {
  const listeners: [Deno.Signal, () => void][] = Deno.build.os === "windows"
    ? [["SIGINT", () => handlers.stop("SIGINT")], ["SIGBREAK", () => handlers.stop("SIGBREAK")]]
    : [
      ["SIGINT", () => handlers.stop("SIGINT")],
      ["SIGTERM", () => handlers.stop("SIGTERM")],
      ["SIGHUP", handlers.reload],
    ];
  for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
  return {
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
    },
  };
}

async function print(text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
