/** Both daemons, the link and the tools together, on small trees. */

import assert from "node:assert/strict";
import { openPlace } from "../places.ts";
import { runWorkload } from "../run.ts";
import { chooseWorkloads } from "../workloads.ts";
import { DELAY_MS, type Servers, startServers } from "./servers.ts";
import { createRemoteTools } from "./tools.ts";
import { listRemoteWorkloads } from "./workloads.ts";

const ignore = Deno.build.os !== "linux" || !hasRsync();
const SCALE = 0.0005;

function hasRsync(): boolean {
  try {
    return new Deno.Command("rsync", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false; // not installed
  }
}

function commandLines(servers: Servers, name: string): string[] {
  const [workload] = chooseWorkloads(listRemoteWorkloads(1), [name]);
  const { verb, what, checksum } = workload;
  return createRemoteTools(servers, workload).map((tool) => {
    const { program, args } = tool.commandFor({ verb, what, checksum, source: "/a/src", destination: "/a/dst" });
    const line = [program.split("/").at(-1), ...args].join(" ");
    const ports = { BLIT: servers.blit.port, RSYNC: servers.rsync!.port };
    return Object.entries(ports).reduce((text, [word, port]) => text.replaceAll(`${port}`, word), line)
      .replace(/\S*\/mod\.ts/, "mod.ts");
  });
}

Deno.test({
  name: "bench remote measures complete copies through daemons and link, and leaves nothing behind or open",
  ignore,
  async fn() {
    const parent = await Deno.makeTempDir();
    const directory = `${parent}/config`;
    await Deno.mkdir(directory);
    const env = { XDG_CONFIG_HOME: directory };
    const { signal } = new AbortController();
    try {
      await using cleanup = new AsyncDisposableStack();
      const servers = await startServers(cleanup, { directory, delayed: true, env, signal });
      assert.deepEqual(servers.missing, []);

      assert.deepEqual(commandLines(servers, "push-grpc"), [
        "deno run -A mod.ts copy /a/src 127.0.0.1:BLIT:/all/a/dst --force-grpc",
        "rsync -a /a/src rsync://127.0.0.1:RSYNC/all/a/dst",
      ]);
      assert.deepEqual(commandLines(servers, "pull-idle"), [
        "deno run -A mod.ts mirror 127.0.0.1:BLIT:/all/a/src/ /a/dst --yes",
        "rsync -a --delete rsync://127.0.0.1:RSYNC/all/a/src/ /a/dst/",
      ]);
      assert.deepEqual(commandLines(servers, "push-delayed"), [
        "deno run -A mod.ts copy /a/src 127.0.0.2:BLIT:/all/a/dst",
        "deno run -A mod.ts copy /a/src 127.0.0.1:BLIT:/all/a/dst",
        "rsync -a /a/src/ rsync://127.0.0.2:RSYNC/all/a/dst/",
      ]);

      const place = cleanup.use(await openPlace(parent));
      const chosen = ["push-small", "pull-large", "push-idle", "pull-delayed"];
      for (const workload of chooseWorkloads(listRemoteWorkloads(SCALE), chosen)) {
        const tools = createRemoteTools(servers, workload);
        const { samples } = await runWorkload(workload, { place, tools, rounds: 1, env, onProgress: () => {}, signal });
        assert.deepEqual(Object.keys(samples).sort(), [...workload.tools].sort(), workload.name);
        for (const [tool, [sample]] of Object.entries(samples)) {
          assert.equal(sample.problem, undefined, `${workload.name}: ${tool}`);
          assert.ok(sample.serverCpuMs !== undefined && sample.serverCpuMs >= 0, `${workload.name}: ${tool}`);
          const delayed = workload.delayed && tool !== "blit-undelayed";
          // Ask, answer, and then content: two ways there and back at least.
          if (delayed) assert.ok(sample.wallMs > 4 * DELAY_MS, `${tool} took ${sample.wallMs} ms`);
        }
      }
      // A daemon that held something open would keep a place from being renewed.
      for (const { program: { pid } } of [servers.blit, servers.rsync!]) {
        const open = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => readLink(`/proc/${pid}/fd/${name}`));
        assert.deepEqual(open.filter((path) => path.startsWith(parent)), []);
      }
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  },
});

function readLink(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
