/**
 * Daemons in a network with others that speak multicast DNS: Avahi, and each other.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "./helpers/assert.ts";
import { browse, BrowseLog, startAvahi, until } from "./helpers/avahi.ts";
import { connect, Machine } from "./helpers/network.ts";
import { parseEvents, PROJECT } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { testTogether } from "./helpers/together.ts";

testTogether(["networks", "avahi"], {
  async "a daemon and Avahi find each other, and hear of changes and goodbyes"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there, 71);
    const config = scratch.join("daemon.toml");
    const configure = (...names: string[]): void => {
      const modules = names.map((name) => `[[module]]\nname = "${name}"\npath = ${JSON.stringify(scratch.path)}\n`);
      Deno.writeTextFileSync(config, `[daemon]\nmdns_name = "nas"\n${modules.join("")}`);
    };
    configure("media", "pub");
    await startAvahi(there);
    const log = new BrowseLog(there);
    await using daemon = await here.daemon(["--config", config]);
    there.start(
      "avahi-publish",
      "-s",
      "a peer \x1b[31m",
      "_blit._tcp",
      "4711",
      "version=9.9.9",
      "modules=x,/,no/module",
    );
    const { name, interfaces } = await daemon.logged("Advertised");
    assertEquals([name, interfaces], ["nas", ["v0"]]);

    const withoutId = (text: string[]) => text.map((entry) => entry.replace(/^(id=)[0-9a-f]{8}$/, "$1"));
    const seen = () =>
      browse(there).filter(({ address }) => address === "10.71.0.1")
        .map((service) => ({ ...service, text: withoutId(service.text) }))[0];
    await until(() => seen() !== undefined, "Avahi sees the daemon");
    const text = (modules: string) => ["id=", `modules=${modules}`, "protocol=1", "txtvers=1", "version=0.1.0"];
    const nas = { interfaceName: "v0", family: "IPv4", name: "nas", host: "nas-blit.local", address: "10.71.0.1" };
    assertEquals(seen(), { ...nas, port: daemon.port, text: text("media,pub") });
    assertStringIncludes(there.require("avahi-browse", "-atp"), ";nas;_blit._tcp;local");
    assertEquals(there.require("avahi-resolve", "-4n", "nas-blit.local"), "nas-blit.local\t10.71.0.1\n");

    const { stdout } = await here.blit(["scan", "--json"]);
    const found = parseEvents(stdout).map(({ addresses, ...rest }) => ({ ...rest, address: addresses[0] }));
    const peer = { host: "peer.local", port: 4711, version: "9.9.9", modules: ["x", ""], moreModules: 0 };
    assertEquals(found, [
      { type: "server", server: "10.71.0.2:4711", name: "a peer \\x1b[31m", ...peer, address: "10.71.0.2" },
      {
        type: "server",
        server: `10.71.0.1:${daemon.port}`,
        name: "nas",
        host: "nas-blit.local",
        port: daemon.port,
        version: "0.1.0",
        protocol: 1,
        modules: ["media", "pub"],
        moreModules: 0,
        address: "10.71.0.1",
      },
    ]);

    configure("media", "pub", "late");
    daemon.signal("SIGHUP");
    await until(() => seen()?.text[1] === "modules=media,pub,late", "Avahi hears of the new module");

    // Without the goodbye it would be remembered for more than an hour.
    assertEquals(await daemon.stop(), 0);
    await until(() => log.lines.includes("-;v0;IPv4;nas;_blit._tcp;local"), "Avahi hears the goodbye");
    assertEquals(daemon.log.filter(({ level }) => level !== "info"), []);
  },

  async "daemons whose name is taken take another one, and disturb nobody"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there, 72);
    await startAvahi(there);
    there.start("avahi-publish", "-s", "nas", "_blit._tcp", "4711");
    await until(() => browse(there).length > 0, "Avahi has published");

    // One of them beside Avahi on its machine, which has the name as well as port 5353.
    const args = ["--root", scratch.path, "--mdns-name", "nas"];
    await using first = await here.daemon(args);
    await using second = await there.daemon(args);
    const names = await Promise.all([first, second].map(async (daemon) => (await daemon.logged("Advertised")).name));
    const { stdout } = await here.blit(["scan", "--json"]);
    const found = parseEvents(stdout).map(({ name, host, port }) => [name, host, port]);
    const ports = new Map([[names[0], first.port], [names[1], second.port]]);
    assertEquals(found, [
      ["nas", "peer.local", 4711],
      ["nas (2)", "nas-2-blit.local", ports.get("nas (2)")],
      ["nas (3)", "nas-3-blit.local", ports.get("nas (3)")],
    ]);
    assertEquals(there.require("avahi-resolve", "-4n", "peer.local"), "peer.local\t10.72.0.2\n");
  },

  async "of two that want a name at the same moment, one gets it"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there, 79);
    const script = `${PROJECT}/tests/fixtures/twin_daemons.ts`;
    const child = here.start(Deno.execPath(), "run", "-A", "--quiet", script, scratch.path, "twin");
    assertEquals(await new Response(child.stdout).text(), '["twin","twin (2)"]\n');
    assertEquals((await child.status).code, 0);
  },
});
