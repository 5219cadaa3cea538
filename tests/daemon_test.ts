import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { connectControl, type ControlClient } from "../core/wire/control/client.ts";
import { BlitError } from "../core/errors.ts";
import { copy } from "../mod.ts";
import { runDaemon, startDaemon } from "./helpers/daemon.ts";
import { has, testWhere } from "./helpers/needs.ts";
import { PROJECT } from "./helpers/program.ts";
import { Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";

function connect(port: number): Promise<ControlClient> {
  return connectControl({ host: "127.0.0.1", port });
}

function writeConfig(scratch: Scratch, text: string): string {
  const path = scratch.join("daemon.toml");
  Deno.writeTextFileSync(path, text);
  return path;
}

Deno.test("blit-daemon exports what its configuration says and greets with the message of the day", async () => {
  using scratch = new Scratch();
  scratch.directory("photos");
  scratch.directory("root");
  const config = writeConfig(
    scratch,
    `
[daemon]
motd = "be kind"
root = "root"
root_read_only = true

[[module]]
name = "photos"
path = "photos"
comment = "all of them"
trusted = true
`,
  );
  await using daemon = await startDaemon({ args: ["--config", config] });
  using client = await connect(daemon.port);
  assertEquals(client.info.motd, "be kind");
  assertEquals(await client.listModules(), [
    { name: "", comment: "", readOnly: true, trusted: false },
    { name: "photos", comment: "all of them", readOnly: false, trusted: true },
  ]);
});

testWhere(
  ["unix"],
  "blit-daemon says on one line where it listens and what it exports, and stops cleanly",
  async () => {
    using scratch = new Scratch();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      await using daemon = await startDaemon({ args: ["--root", scratch.path] });
      const { address, port, modules } = await daemon.logged("Ready");
      assertEquals([address, port, modules], ["127.0.0.1", daemon.port, ["(default root)"]]);
      using client = await connect(daemon.port);
      await client.listModules();
      assertEquals(await daemon.stop(signal), 0);
      assertEquals(daemon.log.at(-1)?.message, "Stopped");
      await assertRejects(() => connect(daemon.port), BlitError, "connection refused");
    }
  },
);

Deno.test("blit-daemon without modules exports the working directory and warns", async () => {
  using scratch = new Scratch();
  const cwd = scratch.directory("it\u009b2J\u202e");
  Deno.writeTextFileSync(`${cwd}/here.txt`, "");
  await using daemon = await startDaemon({ cwd });
  const warning = daemon.log.find(({ level }) => level === "warning");
  assertStringIncludes(warning?.message ?? "", `the working directory "${cwd}" is exported as "default"`);
  assertEquals(/[\x7f-\x9f\u202e]/.test(daemon.logText), false, "the log obeys what the name says");
  using client = await connect(daemon.port);
  assertEquals((await client.listModules()).map(({ name }) => name), ["default"]);
  const batches = await Array.fromAsync(client.list({ module: "default", path: [] }));
  assertEquals(batches.flatMap(({ entries }) => entries.map(({ name }) => String(name))), ["here.txt"]);
});

testWhere(
  ["unix"],
  "blit-daemon reloads its modules on SIGHUP, and keeps them when the new file is wrong",
  async () => {
    using scratch = new Scratch();
    scratch.directory("a");
    const config = writeConfig(scratch, `[[module]]\nname = "one"\npath = "a"\n`);
    await using daemon = await startDaemon({ args: ["--config", config] });
    using client = await connect(daemon.port);
    const names = async () => (await client.listModules()).map(({ name }) => name);
    assertEquals(await names(), ["one"]);

    writeConfig(scratch, `[daemon]\nmotd = "new"\n[[module]]\nname = "two"\npath = "a"\n`);
    daemon.signal("SIGHUP");
    assertEquals((await daemon.logged("Reloaded")).modules, ["two"]);
    assertEquals(await names(), ["two"]);
    assertEquals((await client.getInfo()).motd, "new");

    writeConfig(scratch, `[[module]]\nname = "three"\npath = "missing"\n`);
    daemon.signal("SIGHUP");
    const { reason } = await daemon.logged("Not reloaded, everything stays as it was");
    assertMatch(String(reason), /daemon\.toml", line 3: "path": the directory "missing" does not exist$/);
    assertEquals(await names(), ["two"]);
  },
);

testWhere(
  ["linux"],
  "blit-daemon reloads in the middle of transfers, and drops none, even of a module that goes",
  async () => {
    using scratch = new Scratch();
    scratch.directory("a");
    const source = scratch.join("source");
    Deno.writeFileSync(source, new Uint8Array(3_000_000).fill(7));
    Deno.copyFileSync(source, scratch.join("a/there"));
    const config = writeConfig(scratch, `[[module]]\nname = "one"\npath = "a"\n`);
    await using daemon = await startDaemon({ args: ["--config", config] });
    await using relay = new Relay(daemon.port, { bytesPerSecond: 1_500_000 });
    const server = `${RELAY_ADDRESS}:${relay.port}`;
    const halfway = new Promise<void>((resolve) => relay.watch(1_000_000, resolve));
    const running = [
      copy(source, `${server}:/one/pushed`, { forceGrpc: true }),
      copy(`${server}:/one/there`, scratch.join("pulled"), { forceGrpc: true }),
    ].map((transfer) => transfer.then(({ filesCopied }) => filesCopied));
    await halfway;

    writeConfig(scratch, `[[module]]\nname = "two"\npath = "a"\n`);
    daemon.signal("SIGHUP");
    assertEquals((await daemon.logged("Reloaded")).modules, ["two"]);
    assertEquals(await Promise.all(running), [1, 1]);
    for (const path of ["a/pushed", "pulled"]) {
      assertEquals(Deno.readFileSync(scratch.join(path)), Deno.readFileSync(source));
    }
  },
);

testWhere(["unix"], "a portable blit-daemon names modules in which other users can swap directories", async () => {
  const message = "Other users can write into modules, which the portable file system cannot protect entirely";
  using scratch = new Scratch();
  for (const [name, mode] of [["own", 0o755], ["open", 0o777], ["sticky", 0o1777]] as const) {
    Deno.chmodSync(scratch.directory(name), mode);
  }
  const describe = (...names: string[]): string =>
    names.map((name) => `[[module]]\nname = "${name}"\npath = "${name}"\n`).join("");
  const config = writeConfig(scratch, describe("own", "sticky"));
  await using daemon = await startDaemon({ args: ["--config", config], permissions: ["-A", "--deny-ffi"] });
  assertEquals(daemon.log.filter(({ level }) => level === "warning"), []);
  writeConfig(scratch, describe("own", "open", "sticky"));
  daemon.signal("SIGHUP");
  const { level, modules } = await daemon.logged(message);
  assertEquals([level, modules], ["warning", [{ module: "open", path: Deno.realPathSync(scratch.join("open")) }]]);
  await using again = await startDaemon({ args: ["--config", config], permissions: ["-A", "--deny-ffi"] });
  await again.logged(message);
  await using native = await startDaemon({ args: ["--config", config], permissions: ["-A"] });
  if (has("native")) assertEquals(native.log.filter((line) => line.message === message), []);
});

testWhere(["unix"], "blit-daemon says on reload what only a restart changes", async () => {
  using scratch = new Scratch();
  const config = writeConfig(scratch, `[daemon]\nroot = "."\n`);
  await using daemon = await startDaemon({ args: ["--config", config] });
  writeConfig(scratch, `[daemon]\nroot = "."\nlog_format = "text"\nbind = "::1"\n`);
  daemon.signal("SIGHUP");
  await daemon.logged("Reloaded");
  const warning = await daemon.logged("Some settings change only with a restart");
  assertEquals(warning.keys, ["log_format"]); // --bind on the command line wins over the file
});

Deno.test("blit-daemon does not start with a wrong configuration", async () => {
  using scratch = new Scratch();
  const config = writeConfig(scratch, `[daemon]\nport = "many"\n`);
  const { code, stderr } = await runDaemon(["--config", config]);
  assertEquals(code, 2);
  assertEquals(
    stderr,
    `blit-daemon: Cannot use "${config}", line 2: "port": it is "many", expected a whole number from 1 to 65535\n`,
  );
});

Deno.test("blit-daemon names what is wrong with its command line, and exits 2", async () => {
  using scratch = new Scratch();
  const cases: [string[], string][] = [
    [["--prot", "1"], "unknown option '--prot'"],
    [["--port"], "argument missing"],
    [["--port", "65536"], "Cannot use --port 65536: it must be a whole number from 0 to 65535"],
    [["--port", "-1"], "'--port"],
    [["--root", scratch.join("nowhere")], "Cannot use --root: the directory"],
    [["--root", ""], "Cannot use --root: its value is empty"],
    [["--config", scratch.join("none.toml")], "no such file"],
    [["extra"], "extra"],
    [["--root", scratch.path, "--bind", "203.0.113.1"], "this machine has no such address"],
    [["--root", scratch.path, "--bind", "no-such-host.invalid"], "this machine has no such address"],
  ];
  for (const [args, text] of cases) {
    const { code, stderr } = await runDaemon(args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(stderr, text);
    assertStringIncludes(stderr, "blit-daemon: Cannot");
  }
});

Deno.test("blit-daemon refuses a port that is taken, and exits 3", async () => {
  using scratch = new Scratch();
  await using daemon = await startDaemon({ args: ["--root", scratch.path] });
  const args = ["--root", scratch.path, "--bind", "127.0.0.1", "--port", String(daemon.port)];
  const { code, stderr } = await runDaemon(args);
  assertEquals(code, 3);
  assertStringIncludes(stderr, `Cannot listen on 127.0.0.1:${daemon.port}: the address is in use`);
});

Deno.test("blit-daemon prints help and version", async () => {
  const help = await runDaemon(["--help"]);
  assertEquals(help.code, 0);
  for (const flag of ["--config", "--bind", "--port", "--root", "--no-mdns", "--mdns-name", "--force-grpc-data"]) {
    assertStringIncludes(help.stdout, flag);
  }
  assertMatch((await runDaemon(["-V"])).stdout, /^blit-daemon \d+\.\d+\.\d+\n$/);
});

testWhere(["unix"], "blit-daemon starts with its documented sample", async () => {
  using scratch = new Scratch();
  const sample = Deno.readTextFileSync(`${PROJECT}/daemon/blit-daemon.sample.toml`);
  for (const [, path] of sample.matchAll(/^#? ?(?:path|root) = "\/(.+)"$/gm)) scratch.directory(path);
  // Every setting that is commented out as well, below the scratch directory instead of the system's.
  const text = sample.replaceAll(/^#( ?(?:\[|[a-z_]+ = ).*)$/gm, "$1").replaceAll(
    /((?:path|root) = ")\//g,
    `$1${scratch.path}/`,
  );
  const config = writeConfig(scratch, text);
  await using daemon = await startDaemon({ args: ["--config", config] });
  using client = await connect(daemon.port);
  assertEquals((await client.listModules()).map(({ name }) => name), ["", "backup", "media", "pub"]);
});

testWhere(["linux"], "blit-daemon refuses data ports that are taken, and exits 3", async () => {
  using scratch = new Scratch();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const config = writeConfig(scratch, `[daemon]\nroot = "."\ndata_port = ${port}\n`);
  const { code, stderr } = await runDaemon(["--config", config, "--bind", "127.0.0.1", "--port", "0"]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, `Cannot listen for data on 127.0.0.1:${port}: the address is in use`);
});

Deno.test("blit-daemon refuses a range of data ports that contains its own port", async () => {
  using scratch = new Scratch();
  const config = writeConfig(scratch, `[daemon]\nport = 9041\ndata_port = "9040-9047"\n`);
  const { code, stderr } = await runDaemon(["--config", config]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, '"data_port": it contains 9041, the port on which clients are expected');
});

testWhere(["unix"], "blit-daemon works with scoped permissions, without FFI", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.join("a.txt"), "abc");
  await using daemon = await startDaemon({
    args: ["--root", scratch.path],
    permissions: ["--no-prompt", `--allow-read=${scratch.path}`, "--allow-net=127.0.0.1", "--allow-sys=uid"],
  });
  using client = await connect(daemon.port);
  assertEquals(client.info.byteNames, false);
  const entry = await client.stat({ module: undefined, path: ["a.txt" as never] });
  assertEquals([entry.kind, entry.size], ["file", 3]);
});

testWhere(["linux", "native"], "blit-daemon lists names of any bytes, and everything that an entry is", async () => {
  using scratch = new Scratch();
  const script = `
    touch "$(printf 'a\\377b')" "$(printf 'new\\nline')" 'back\\slash' -- -dash
    printf 12345 > file; chmod 4640 file; touch -d '1969-12-31T23:59:58.25Z' file; ln file second
    mkfifo pipe; mkdir sub
  `;
  new Deno.Command("sh", { args: ["-c", script], cwd: scratch.path }).outputSync();
  await using daemon = await startDaemon({ args: ["--root", scratch.path] });
  using client = await connect(daemon.port);
  const batches = await Array.fromAsync(client.list({ module: undefined, path: [] }));
  const entries = new Map(batches.flatMap(({ entries }) => entries.map((entry) => [String(entry.name), entry])));
  assertEquals([...entries.keys()].sort(), [
    "-dash",
    "a\xffb",
    "back\\slash",
    "file",
    "new\nline",
    "pipe",
    "second",
    "sub",
  ]);
  assertEquals([entries.get("pipe")?.kind, entries.get("sub")?.kind], ["fifo", "directory"]);
  const file = await client.stat({ module: undefined, path: ["file" as never] });
  assertEquals(file, entries.get("file"));
  assertEquals([file.size, file.mode, file.nlink, file.mtimeSeconds, file.mtimeNanoseconds], [
    5,
    0o4640,
    2,
    -2,
    250_000_000,
  ]);
});

testWhere(
  ["unix"],
  "blit-daemon warns of a read-only module within a writable one, at its start and at a reload",
  async () => {
    using scratch = new Scratch();
    const inner = scratch.directory("outer/inner");
    const module = (name: string, path: string, readOnly: boolean) =>
      `[[module]]\nname = "${name}"\npath = ${JSON.stringify(path)}\nread_only = ${readOnly}\n`;
    const write = (...modules: string[]) => Deno.writeTextFileSync(scratch.join("daemon.toml"), modules.join(""));
    const message = "Modules that are read-only can be written by way of others";
    write(module("in", inner, true), module("out", scratch.join("outer"), false));
    await using daemon = await startDaemon({ args: ["--config", scratch.join("daemon.toml")] });
    const { level, modules } = await daemon.logged(message);
    assertEquals([level, modules], ["warning", [{ module: "in", within: "out" }]]);
    write(module("in", inner, true), module("other", scratch.join("outer"), false));
    daemon.signal("SIGHUP");
    await daemon.logged("Reloaded");
    const told = daemon.log.filter((line) => line.message === message).map(({ modules }) => modules);
    assertEquals(told, [[{ module: "in", within: "out" }], [{ module: "in", within: "other" }]]);
  },
);
