/** What a local verb must not load: the gRPC stack alone costs 65 ms of every start. */

import { assertEquals } from "@std/assert";
import { PROJECT } from "./helpers/program.ts";

const HEAVY =
  /@connectrpc|@bufbuild|@grpc|@logtape|\/proto\/blit|\/core\/wire\/control\/|multicast-dns|dns-packet|\/core\/discovery\//;

interface Graph {
  modules: { specifier: string; dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[] }[];
}

/** Everything that loading a module loads with it: imports that are no `import()` and no types. */
function loadedWith(file: string): string[] {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json", file], cwd: PROJECT }).outputSync();
  const { modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const queue = [new URL(file, `file://${PROJECT}/`).href];
  for (let specifier = queue.pop(); specifier !== undefined; specifier = queue.pop()) {
    if (seen.has(specifier)) continue;
    seen.add(specifier);
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code && !isDynamic) queue.push(code.specifier);
    }
  }
  return [...seen];
}

Deno.test("local verbs load nothing of the control plane", () => {
  for (const entry of ["mod.ts", "cli/main.ts", "cli/commands/copy.ts", "core/transfer/threads/worker.ts"]) {
    const loaded = loadedWith(entry);
    assertEquals(loaded.length > 5, true, `${entry} loads only ${loaded.length} modules`);
    assertEquals(loaded.filter((specifier) => HEAVY.test(specifier)), [], entry);
  }
});

Deno.test("the control plane's client is what loads the gRPC stack", () => {
  assertEquals(loadedWith("core/wire/control/client.ts").some((specifier) => HEAVY.test(specifier)), true);
  assertEquals(loadedWith("core/wire/control/client.ts").some((specifier) => /connectrpc/.test(specifier)), true);
});

Deno.test("a daemon without metrics loads nothing of prom-client", () => {
  const loaded = loadedWith("daemon/daemon.ts");
  assertEquals(loaded.some((specifier) => specifier.endsWith("/daemon/metrics/mod.ts")), true);
  assertEquals(loaded.filter((specifier) => /prom-client|metrics\/(registry|server)/.test(specifier)), []);
  assertEquals(loadedWith("daemon/metrics/registry.ts").some((specifier) => /prom-client/.test(specifier)), true);
});

Deno.test("a session worker of a daemon loads the control plane's client when it is to pull, and not before", () => {
  const client = /@connectrpc|@grpc|\/core\/wire\/control\/client\.ts/;
  const loaded = loadedWith("daemon/sessions/worker.ts");
  assertEquals(loaded.some((specifier) => specifier.endsWith("/daemon/sessions/session_host.ts")), true);
  assertEquals(loaded.filter((specifier) => client.test(specifier)), []);
  assertEquals(loadedWith("daemon/sessions/delegated.ts").some((specifier) => client.test(specifier)), true);
});

Deno.test("looking for daemons loads nothing else", () => {
  const other =
    /@connectrpc|@bufbuild|@grpc|@logtape|\/proto\/blit|\/core\/(?:fs|transfer|scan|plan|report)\/|\/daemon\//;
  for (const entry of ["cli/commands/scan.ts", "core/discovery/browse.ts"]) {
    assertEquals(loadedWith(entry).filter((specifier) => other.test(specifier)), [], entry);
  }
  assertEquals(loadedWith("core/discovery/mod.ts").filter((specifier) => /multicast-dns/.test(specifier)), []);
  assertEquals(loadedWith("core/discovery/browse.ts").some((specifier) => /multicast-dns/.test(specifier)), true);
});

Deno.test("nothing of the gRPC stack, and of what finds daemons, is in the graph that Deno builds at the start", () => {
  const args = ["info", "--json", "mod.ts"];
  const { stdout } = new Deno.Command(Deno.execPath(), { args, cwd: PROJECT }).outputSync();
  const { modules, roots }: Graph & { roots: string[] } = JSON.parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>(roots);
  // A set that grows while it is walked; imports of types are no part of it.
  for (const specifier of seen) {
    for (const { code } of bySpecifier.get(specifier)?.dependencies ?? []) if (code) seen.add(code.specifier);
  }
  assertEquals(seen.size > 50, true);
  assertEquals([...seen].filter((specifier) => HEAVY.test(specifier)), []);
});
