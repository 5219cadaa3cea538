/**
 * The metrics of a daemon, scraped while it works.
 *
 * @module
 */

import { copy, mirror } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { runDaemon, type RunningDaemon, startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { buildTree, dir } from "./helpers/tree.ts";

const TREE = { "a": "1", "sub": dir({ "b": "22", "c": "333" }) };

/** Ports that the system gives to nobody by itself. */
function somePort(): number {
  return 20_000 + Math.floor(Math.random() * 10_000);
}

/** A daemon with metrics, on a port that happens to be free. */
async function startMeasured(scratch: Scratch, module: string): Promise<{ daemon: RunningDaemon; url: string }> {
  for (let i = 0;; i++) {
    const port = somePort();
    writeConfig(scratch, module, `metrics = "127.0.0.1:${port}"`);
    try {
      return {
        daemon: await startDaemon({ args: ["--config", scratch.join("daemon.toml")] }),
        url: `http://127.0.0.1:${port}/metrics`,
      };
    } catch (error) {
      if (i === 4) throw error;
    }
  }
}

function writeConfig(scratch: Scratch, module: string, line: string): void {
  const text = `[daemon]\n${line}\n[[module]]\nname = "m"\npath = ${JSON.stringify(module)}\n`;
  Deno.writeTextFileSync(scratch.join("daemon.toml"), text);
}

async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(url);
  const text = await response.text();
  assertEquals(response.status, 200, text);
  assertMatch(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  return parse(text);
}

/** Reads the text format strictly, as its specification has it: every sample has a type and a help before it. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const helped = new Set<string>();
  const types = new Map<string, string>();
  assert(text.endsWith("\n"), "the last line has no end");
  for (const line of text.split("\n").slice(0, -1)) {
    if (line === "") continue;
    const [, kind, metric, rest] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      assert(!helped.has(metric), line);
      helped.add(metric);
    } else if (kind === "TYPE") {
      assert(!types.has(metric) && /^(counter|gauge)$/.test(rest), line);
      assertEquals(metric.endsWith("_total"), rest === "counter", line);
      types.set(metric, rest);
    } else {
      const [, name, labels = "", value] =
        /^([a-z_]+)(\{[a-z_]+="[^"\\\n]*"(?:,[a-z_]+="[^"\\\n]*")*\})? (\d+(?:\.\d+)?)$/.exec(line) ?? [];
      assert(name !== undefined && helped.has(name) && types.has(name), line);
      assert(!samples.has(name + labels), `twice: ${line}`);
      samples.set(name + labels, Number(value));
    }
  }
  return samples;
}

async function until(url: string, wanted: (samples: Map<string, number>) => boolean): Promise<Map<string, number>> {
  for (let i = 0; i < 400; i++) {
    const samples = await scrape(url);
    if (wanted(samples)) return samples;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`It never comes to that: ${JSON.stringify([...await scrape(url)])}`);
}

Deno.test("metrics count transfers, bytes, files and errors once, and show what goes on", async () => {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  const { daemon, url } = await startMeasured(scratch, module);
  await using _ = daemon;
  const there = (path: string) => `127.0.0.1:${daemon.port}:/m/${path}`;
  const local = buildTree(scratch.join("local"), TREE);
  const idle = await scrape(url);
  assertEquals(
    [...idle.keys()].find((name) => /^blit_build_info\{version="[^"]+",protocol="\d+"\}$/.test(name)) === undefined,
    false,
  );
  assertEquals([idle.get("blit_active_jobs"), idle.get("blit_stalls_total")], [0, 0]);
  for (const role of ["push", "pull", "delegated"]) {
    assertEquals(idle.get(`blit_transferred_bytes_total{role="${role}"}`), 0);
  }

  await copy(`${local}/`, there("tree/"));
  await copy(`${local}/`, there("tree/")); // nothing is to do, so nothing more is counted
  await copy(there("tree/"), scratch.join("pulled"));
  const samples = await until(url, (samples) => samples.get("blit_active_jobs") === 0);
  const facts = {
    'blit_transfers_total{verb="copy",role="push",status="done"}': 2,
    'blit_transfers_total{verb="copy",role="pull",status="done"}': 1,
    'blit_transferred_bytes_total{role="push"}': 6,
    'blit_transferred_files_total{role="push"}': 3,
    'blit_transferred_bytes_total{role="pull"}': 6,
    'blit_transferred_files_total{role="pull"}': 3,
    'blit_data_streams{carrier="tcp"}': 0,
  };
  for (const [name, value] of Object.entries(facts)) assertEquals(samples.get(name), value, name);
  assertEquals([...samples.keys()].filter((name) => name.startsWith("blit_errors_total")), []);

  for (const forceGrpc of [false, true]) {
    const carrier = forceGrpc ? "control" : "tcp";
    Deno.writeTextFileSync(`${module}/tree/extra`, "");
    const answer = Promise.withResolvers<boolean>();
    const running = mirror(`${local}/`, there("tree/"), { forceGrpc, confirmDeletions: () => answer.promise });
    const ended = Promise.resolve(running);
    await until(
      url,
      (samples) =>
        samples.get("blit_active_jobs") === 1 && samples.get(`blit_data_streams{carrier="${carrier}"}`) === 1,
    );
    answer.resolve(true);
    await ended;
    await until(
      url,
      (samples) =>
        samples.get("blit_active_jobs") === 0 && samples.get(`blit_data_streams{carrier="${carrier}"}`) === 0,
    );
  }

  Deno.removeSync(`${module}/tree/a`);
  Deno.mkdirSync(`${module}/tree/a`);
  await copy(`${local}/`, there("tree/"));
  const failed = await until(
    url,
    (samples) => samples.get('blit_transfers_total{verb="copy",role="push",status="partial"}') === 1,
  );
  assertEquals(
    failed.get('blit_errors_total{code="is-directory"}') ?? failed.get('blit_errors_total{code="exists"}'),
    1,
  );
});

testWhere(["unix"], "metrics move, come and go with a reload, and stay where a new address cannot be had", async () => {
  using scratch = new Scratch();
  const { daemon, url } = await startMeasured(scratch, scratch.path);
  await using _ = daemon;
  const reload = async (line: string, message: string): Promise<void> => {
    const start = daemon.log.length;
    writeConfig(scratch, scratch.path, line);
    daemon.signal("SIGHUP");
    await daemon.logged(message, start);
  };
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await reload(`metrics = "127.0.0.1:${taken.addr.port}"`, "Not reloaded, everything stays as it was");
  await scrape(url);
  await reload("", "Reloaded");
  await fetch(url).then(() => assert(false, "metrics go on"), () => {});
  for (let i = 0; i < 5; i++) {
    const port = somePort();
    const start = daemon.log.length;
    writeConfig(scratch, scratch.path, `metrics = "[::1]:${port}"`);
    daemon.signal("SIGHUP");
    const line = await Promise.race([
      daemon.logged("Reloaded", start),
      daemon.logged("Not reloaded, everything stays as it was", start),
    ]);
    if (line.message === "Reloaded") return void await scrape(`http://[::1]:${port}/metrics`);
  }
  throw new Error("Metrics never come back");
});

Deno.test("a daemon whose metrics cannot be served does not start, and says which key is wrong", async () => {
  using scratch = new Scratch();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  writeConfig(scratch, scratch.path, `metrics = "127.0.0.1:${taken.addr.port}"`);
  const args = ["--config", scratch.join("daemon.toml"), "--bind", "127.0.0.1", "--port", "0"];
  const { code, stderr } = await runDaemon(args);
  assertEquals(code, 3, stderr);
  assertMatch(
    stderr,
    /^blit-daemon: Cannot serve metrics: Cannot listen on "127\.0\.0\.1:\d+": the port is in use\n.*"metrics"/m,
  );
  writeConfig(scratch, scratch.path, 'metrics = "localhost"');
  const wrong = await runDaemon(args);
  assertEquals(wrong.code, 2);
  assertMatch(wrong.stderr, /daemon\.toml", line 2: "metrics": it is "localhost", expected an address with a port/);
});

testWhere(["promtool"], "promtool finds nothing wrong with the metrics", async () => {
  using scratch = new Scratch();
  const { daemon, url } = await startMeasured(scratch, scratch.path);
  await using _ = daemon;
  const text = await (await fetch(url)).text();
  const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command("promtool", { args: ["check", "metrics"], ...pipes }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assertEquals([code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)], [0, "", ""]);
});
