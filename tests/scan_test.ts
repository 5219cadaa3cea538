/**
 * `blit scan`, and daemons that it finds or is not to find.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "./helpers/assert.ts";
import { runDaemon } from "./helpers/daemon.ts";
import { connect, Machine } from "./helpers/network.ts";
import { blit, parseEvents } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths } from "./helpers/snapshot.ts";
import { testTogether } from "./helpers/together.ts";

/** What `blit scan` needs instead of `-A`, as its help text says. */
const SCAN_PERMISSIONS = [
  "--no-prompt",
  "--allow-net=224.0.0.251,[ff02::fb],0.0.0.0:5353,[::]:5353",
  "--allow-sys=networkInterfaces",
  "--allow-read",
];

/** What a daemon needs instead of `-A`, to serve and to be found. */
const DAEMON_PERMISSIONS = [
  "--no-prompt",
  "--allow-read",
  "--allow-net",
  "--allow-ffi",
  "--allow-sys=uid,networkInterfaces,hostname",
];

/** The names that a scan finds there. */
async function namesAt(machine: Machine, permissions?: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await machine.blit(["scan", "--json"], permissions && { permissions });
  assertEquals([code, stderr], [0, ""]);
  return parseEvents(stdout).map(({ name }) => name);
}

/** Waits until a word is among the answers for somebody who presses Tab; each has 300 ms, which a busy machine may need itself. */
async function completes(machine: Machine, question: string, word: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { stdout } = await machine.blit(["completions", "query", "--", question]);
    const words = stdout.split("\n");
    if (words.includes(word)) return;
    if (Date.now() > deadline) assertEquals(words, [word]);
  }
}

testTogether(["networks"], {
  async "blit scan finds each daemon once, where it listens and nowhere else"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there, 73);
    connect(here, there, 74);
    const start = (name: string, ...args: string[]) =>
      here.daemon(["--root", scratch.path, "--mdns-name", name, ...args], { permissions: DAEMON_PERMISSIONS });
    const silent = await Promise.all([
      start("everywhere"),
      start("first", "--bind", "10.73.0.1"),
      start("inside", "--bind", "127.0.0.1"),
      start("ipv4", "--bind", "0.0.0.0"),
      here.daemon(["--root", scratch.path, "--no-mdns"]),
    ]);
    const daemons = silent.slice(0, -1);
    try {
      const announced = await Promise.all(daemons.map((daemon) => daemon.logged("Advertised")));
      assertEquals(announced.map(({ interfaces }) => interfaces), [["v0", "v1"], ["v0"], ["lo"], ["v0", "v1"]]);
      const [inside, outside, text] = await Promise.all([
        namesAt(here, SCAN_PERMISSIONS),
        there.blit(["scan", "--json"]),
        there.blit(["scan"]),
      ]);
      assertEquals(inside, ["everywhere", "first", "inside", "ipv4"]);
      const found = parseEvents(outside.stdout);
      assertEquals(found.map(({ name }) => name), ["everywhere", "first", "ipv4"]);
      const ipv4 = (addresses: string[]) => addresses.filter((address) => !address.includes(":")).sort();
      assertEquals(found.map(({ addresses }) => ipv4(addresses)), [["10.73.0.1", "10.74.0.1"], ["10.73.0.1"], [
        "10.73.0.1",
        "10.74.0.1",
      ]]);
      assertEquals(found.map(({ addresses }) => addresses.length > ipv4(addresses).length), [true, false, false]);
      assertMatch(
        text.stdout,
        /^NAME +SERVER +VERSION +HOST +PORT +ADDRESSES +MODULES\neverywhere +10\.7[34]\.0\.1:\d+ +\d/,
      );
      assertEquals(text.stdout.split("\n").length, 5);
      await completes(there, "server:10.7", `10.73.0.1:${daemons[1].port}`);
      assertEquals(silent.at(-1)?.log.some(({ message }) => message === "Advertised"), false);
    } finally {
      await Promise.all(silent.map((daemon) => daemon.stop()));
    }
  },

  async "a daemon is found over IPv6, and tells of addresses that come later"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there);
    await using daemon = await here.daemon(["--root", scratch.path, "--mdns-name", "six"]);
    await daemon.logged("Advertised");
    const found = async () =>
      parseEvents((await there.blit(["scan", "--json"], { permissions: SCAN_PERMISSIONS })).stdout);
    const [{ name, server, addresses }] = await found();
    assertEquals([name, server, addresses.length], ["six", `[${addresses[0]}]:${daemon.port}`, 1]);
    assertMatch(addresses[0], /^fe80:.*%v0$/);

    // What it says is what can be typed; on another interface, or on none, the address is nobody's.
    assertEquals((await there.blit(["list", server])).stdout, "//\n");
    const { files } = await pushAndPull(there, scratch, server);
    assertEquals(files, ["large", "small"]);
    const errors: [server: string, reason: string][] = [
      [server.replace("%v0", ""), 'a link-local address needs its interface behind it, as in "[fe80:'],
      [server.replace("%v0", "%nowhere"), 'there is no interface "nowhere" here'],
      [server.replace(/\d+$/, "1"), "connection refused"],
    ];
    for (const [wrong, reason] of errors) {
      const { code, stderr } = await there.blit(["list", wrong]);
      assertEquals(code, 4, stderr);
      assertStringIncludes(stderr, `Cannot reach "${wrong}": ${reason}`);
    }

    there.require("ip", "address", "add", "fd00::8/64", "dev", "v0", "nodad");
    here.require("ip", "address", "add", "fd00::7/64", "dev", "v0", "nodad");
    const deadline = Date.now() + 20_000;
    while ((await found())[0]?.addresses[0] !== "fd00::7") assertEquals(Date.now() < deadline, true);
    assertEquals((await there.blit(["list", `[fd00::7]:${daemon.port}`])).stdout, "//\n");
    assertEquals(daemon.log.filter(({ level }) => level !== "info"), []);
  },

  async "a daemon that has just answered answers again, however short the wait"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there, 73);
    await using daemon = await here.daemon(["--root", scratch.path, "--mdns-name", "again"]);
    await daemon.logged("Advertised");
    const found: number[] = [];
    const deadline = Date.now() + 20_000;
    // Within a second of its last answer a daemon must not say the same to everybody (RFC 6762, section 6).
    while (!found.join("").endsWith("11111")) {
      assertEquals(Date.now() < deadline, true, found.join(" "));
      const { stdout } = await there.blit(["scan", "--json", "--wait", "0.6"]);
      found.push(parseEvents(stdout).length);
    }
    // Where only the port of multicast DNS may be used there is no way around that, and no question either.
    const narrow = await there.blit(["scan", "--json", "--wait", "0.6"], { permissions: SCAN_PERMISSIONS });
    assertEquals([narrow.code, narrow.stderr], [0, ""]);
  },

  async "blit scan says that nothing was found, and ends when it is interrupted"() {
    await using machine = await Machine.create();
    const [none, json, wrong, long] = await Promise.all([
      machine.blit(["scan", "--wait", "0.3"]),
      machine.blit(["scan", "--wait", "0.3s", "--json"]),
      machine.blit(["scan", "--wait", "soon"]),
      machine.blit(["scan", "--wait", "2h"]),
    ]);
    assertEquals([none.code, none.stdout, none.stderr], [0, "No server has answered within 0.30 s\n", ""]);
    assertEquals([json.code, json.stdout, json.stderr], [0, "", ""]);
    assertEquals([wrong.code, long.code], [2, 2]);
    assertStringIncludes(wrong.stderr, 'Cannot use --wait "soon"');
    assertStringIncludes(long.stderr, "an hour is the most");

    using scratch = new Scratch();
    await using daemon = await machine.daemon(["--root", scratch.path, "--mdns-name", "inside", "--bind", "127.0.0.1"]);
    await daemon.logged("Advertised");
    const running = machine.startBlit(["scan", "--wait", "600"]);
    // It asks as soon as it listens, and the daemon answers within 0.2 s.
    await untilListening(machine, 2);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.result;
    assertEquals([code, stderr], [130, ""]);
    assertMatch(stdout, /\ninside +127\.0\.0\.1:\d+ /);
  },

  async "without a network, or with its port taken, a daemon serves all the same and tries again"() {
    using scratch = new Scratch();
    await using nowhere = await Machine.create({ loopback: false });
    await using taken = await Machine.create();
    await using other = await Machine.create();
    connect(taken, other, 75);
    const holder = "const { createSocket } = await import('node:dgram');" +
      "createSocket('udp4').bind(5353, '0.0.0.0', () => console.log('bound'));";
    const child = taken.start(Deno.execPath(), "eval", holder);
    const reader = child.stdout.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "bound\n");
    reader.releaseLock();

    const scans = await Promise.all([nowhere, taken].map((machine) => machine.blit(["scan"])));
    assertEquals(scans.map(({ code, stdout }) => [code, stdout]), [[4, ""], [4, ""]]);
    assertStringIncludes(scans[0].stderr, "blit: Cannot look for daemons: there is no network interface");
    assertMatch(scans[1].stderr, /blit: Cannot look for daemons: .*(in use|EADDRINUSE)/);
    const args = ["--root", scratch.path, "--mdns-name", "nas"];
    await using alone = await nowhere.daemon(args);
    await using busy = await taken.daemon(args);
    assertMatch(String((await alone.logged("Not advertised")).reason), /^there is no network interface$/);
    assertMatch(String((await busy.logged("Not advertised")).reason), /^v0: .*(in use|EADDRINUSE)/);
    assertEquals((await taken.blit(["list", `10.75.0.1:${busy.port}`])).stdout, "//\n");

    // An interface may come later, and the other program go away. In two networks, two daemons may have the same name.
    connect(nowhere, other, 76);
    child.kill("SIGKILL");
    await Promise.all([alone, busy].map((daemon) => daemon.logged("Advertised")));
    assertEquals(await namesAt(other), ["nas", "nas"]);

    // And go away, and come back under another name.
    nowhere.require("ip", "link", "delete", "v0");
    const lines = alone.log.length;
    connect(nowhere, other, 76);
    assertEquals((await alone.logged("Advertised", lines)).interfaces, ["v1"]);
    for (const daemon of [alone, busy]) {
      assertEquals(await daemon.stop(), 0);
      assertEquals(daemon.log.filter(({ level }) => level !== "info").length, 1);
    }
  },
});

Deno.test("blit-daemon refuses names that it cannot have", async () => {
  using scratch = new Scratch();
  const config = scratch.join("daemon.toml");
  Deno.writeTextFileSync(config, '[daemon]\nno_mdns = true\nmdns_name = "nas"\n');
  const cases: [string[], string][] = [
    [["--mdns-name", "my.nas"], 'Cannot use --mdns-name "my.nas": expected 1 to 48 bytes, without dots'],
    [["--mdns-name", "x".repeat(49)], "expected 1 to 48 bytes"],
    [["--mdns-name", "nas", "--no-mdns"], "nobody is told of it with --no-mdns"],
    [["--config", config], 'line 3: "mdns_name": nobody is told of it with no_mdns = true'],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await runDaemon(["--bind", "127.0.0.1", ...args], { mdns: true });
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("blit scan says which permission is missing", async () => {
  const { code, stderr } = await blit(["scan"], { permissions: ["--no-prompt", "--allow-read"] });
  assertEquals(code, 3);
  assertStringIncludes(stderr, "--allow-sys=networkInterfaces");
});

/** Copies there and back again, content over the control port among it; returns the names that have come. */
async function pushAndPull(machine: Machine, scratch: Scratch, server: string): Promise<{ files: string[] }> {
  const source = scratch.directory("source");
  Deno.writeTextFileSync(`${source}/small`, "1");
  Deno.writeFileSync(`${source}/large`, new Uint8Array(8_000_000).fill(7));
  const pulled = scratch.join("pulled");
  for (
    const args of [
      [`${source}/`, `${server}://pushed`],
      [`${server}://pushed/`, pulled],
      ["--force-grpc", `${source}/`, `${server}://pushed-again`],
    ]
  ) {
    const { code, stderr } = await machine.blit(["copy", ...args]);
    assertEquals([code, stderr], [0, ""]);
  }
  for (const copy of [pulled, scratch.join("pushed-again")]) assertSameTree(copy, source, { basic: true });
  return { files: listPaths(pulled) };
}

/** Waits until so many sockets of the group are open there. */
async function untilListening(machine: Machine, sockets: number): Promise<void> {
  for (let i = 0; i < 400; i++) {
    const lines = machine.require("cat", "/proc/net/udp").split("\n");
    if (lines.filter((line) => line.includes(":14E9 ")).length >= sockets) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Nobody listens");
}
