import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { parseDaemonConfig, readDaemonConfig } from "./daemon_config.ts";
import { DAEMON_KEYS } from "./daemon_keys.ts";

const directory = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "blit-config-" }));
Deno.mkdirSync(`${directory}/a`);
Deno.writeTextFileSync(`${directory}/file`, "");
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

const FILE = `${directory}/daemon.toml`;

function parse(text: string) {
  return parseDaemonConfig(text, FILE);
}

/** What the error says behind the file's name. */
function complaint(text: string): string {
  const error = assertThrows(() => parse(text), BlitError);
  assertEquals([error.code, error.path], ["usage", FILE]);
  return error.message.replace(`Cannot use "${FILE}"`, "");
}

Deno.test("parseDaemonConfig() takes an empty file", () => {
  const { bind, port, motd, logFormat, modules } = parse("");
  assertEquals([bind, port, motd, logFormat, modules], ["::", 9031, "", undefined, []]);
});

Deno.test("parseDaemonConfig() reads every key and resolves paths against the file", () => {
  const config = parse(`
[daemon]
bind = "127.0.0.1"
port = 9040
motd = """
two
lines"""
root = "."
root_read_only = true
log_format = "json"
mdns_name = "my nas"

[[module]]
name = "a.b-c_1"
path = "./a/../a"
comment = "it is"
read_only = true

[[module]]
name = "other"
path = "${directory}"
trusted = true
`);
  assertEquals([config.bind, config.port, config.motd, config.logFormat], ["127.0.0.1", 9040, "two\nlines", "json"]);
  assertEquals([config.noMdns, config.mdnsName], [false, "my nas"]);
  assertEquals(config.modules, [
    { name: "", path: directory, comment: "", readOnly: true, trusted: false },
    { name: "a.b-c_1", path: `${directory}/a`, comment: "it is", readOnly: true, trusted: false },
    { name: "other", path: directory, comment: "", readOnly: false, trusted: true },
  ]);
});

Deno.test("parseDaemonConfig() names line, key and what is allowed", () => {
  const module = (text: string) => `[[module]]\nname = "m"\npath = "a"\n${text}\n`;
  const cases: [string, string][] = [
    ["[daemon]\nport = 0", ', line 2: "port": it is 0, expected a whole number from 1 to 65535'],
    ["[daemon]\n\n# x\nport = 1.5", ', line 4: "port": it is 1.5, expected a whole number from 1 to 65535'],
    ['[daemon]\nport = "9"', ', line 2: "port": it is "9", expected a whole number from 1 to 65535'],
    [
      "[daemon]\nprot = 1",
      ', line 2: "prot": unknown key in [daemon], allowed are bind, data_port, log_format, mdns_name, metrics, motd, no_mdns, port, root, root_read_only',
    ],
    ["[deamon]\nport = 1", ', line 1: "deamon": unknown key, allowed are daemon, delegation, module'],
    ...["__proto__ = 1", '"__proto__" = 1', "daemon = { __proto__ = 1 }", "[daemon.__proto__]\nport = 1"]
      .map((text): [string, string] => [text, ', line 1: "__proto__": unknown key']),
    ["[daemon]\n__proto__ = { port = 1 }", ', line 2: "__proto__": unknown key'],
    ["daemon = 1", ', line 1: "daemon": expected a table'],
    ["[daemon]\nbind = 1", ', line 2: "bind": it is 1, expected a text of one line in quotes'],
    ['[daemon]\nbind = ""', ', line 2: "bind": it is "", expected an address of this machine'],
    ["[daemon]\nno_mdns = 1", ', line 2: "no_mdns": it is 1, expected true or false'],
    [
      '[daemon]\nmdns_name = "a.b"',
      ', line 2: "mdns_name": it is "a.b", expected 1 to 48 bytes, without dots and control characters, no space around',
    ],
    [
      '[daemon]\nmdns_name = "nas"\nno_mdns = true',
      ', line 2: "mdns_name": nobody is told of it with no_mdns = true',
    ],
    ['[daemon]\nlog_format = "xml"', ', line 2: "log_format": it is "xml", expected "text" or "json"'],
    ...["9032", "127.0.0.1", "localhost:9032", ":9032", "127.0.0.1:0", "::1:9032", "[127.0.0.1]:1", "1.2.3.4:99999"]
      .map(
        (text): [string, string] => [
          `[daemon]\nmetrics = "${text}"`,
          `, line 2: "metrics": it is "${text}", expected an address with a port, such as "127.0.0.1:9032" or "[::1]:9032"`,
        ],
      ),
    ['[daemon]\nmetrics = "[::1]:9031"', ', line 2: "metrics": clients are expected on port 9031'],
    ["[daemon]\nroot_read_only = true", ', line 2: "root_read_only": it needs "root" beside it'],
    ['[daemon]\nroot = "nope"', ', line 2: "root": the directory "nope" does not exist'],
    ['[daemon]\nroot = "file"', ', line 2: "root": "file" is not a directory'],
    ["[module]\nname = 1", ', line 1: "module": it is {"name":1}, expected tables that begin with [[module]]'],
    ['[[module]]\npath = "a"', ', line 1: "name" is missing in [module]'],
    ['[[module]]\nname = "m"', ', line 1: "path" is missing in [module]'],
    [
      '[delegation]\nsources = ["a:0"]',
      ', line 2: "sources": "a:0" is no source, expected "nas.example", "nas.example:9040", "192.168.1.7", "10.0.0.0/8" or "[fd00::1]:9031"',
    ],
    ['[delegation]\nsources = "a"', ', line 2: "sources": it is "a", expected a list of texts, such as ["a", "b"]'],
    [module("read_only = 1"), ', line 4: "read_only": it is 1, expected true or false'],
    [module("read_only = true\ntrusted = true"), ', line 5: "trusted": a module that is read-only accepts nothing'],
    [module("") + module(""), ', line 6: "name": a second module with the name "m"'],
    [module("") + '[[module]]\nname = "n"\npath = "b"', ', line 7: "path": the directory "b" does not exist'],
    [module("x = 1"), ', line 4: "x": unknown key in [module], allowed are comment, name, path, read_only, trusted'],
    [
      `[daemon]\nmotd = """\nport = 1\n"""\nport = 0`,
      ', line 5: "port": it is 0, expected a whole number from 1 to 65535',
    ],
  ];
  for (const [text, expected] of cases) {
    assertEquals(complaint(text), expected, text);
  }
});

Deno.test("parseDaemonConfig() reads an address of either family for metrics", () => {
  assertEquals(parse('[daemon]\nmetrics = "127.0.0.1:9032"').metrics, { hostname: "127.0.0.1", port: 9032 });
  assertEquals(parse('[daemon]\nmetrics = "[::1]:9032"').metrics, { hostname: "::1", port: 9032 });
});

Deno.test("parseDaemonConfig() takes exactly the keys that are described, and the sample has them all", () => {
  const sample = Deno.readTextFileSync(new URL("../../daemon/blit-daemon.sample.toml", import.meta.url));
  const module = 'name = "m"\npath = "a"\n';
  for (const { header, keys } of Object.values(DAEMON_KEYS)) {
    const message = complaint(`${header}\n${header === "[[module]]" ? module : ""}unknown = 1`);
    assertEquals(message.split("allowed are ")[1], Object.keys(keys).sort().join(", "));
    for (const key of Object.keys(keys)) assertEquals(new RegExp(`^#?${key} = `, "m").test(sample), true, key);
    assertEquals(sample.includes(header), true, header);
  }
});

Deno.test("parseDaemonConfig() tells the line of a mistake in the syntax", () => {
  assertEquals(complaint("[daemon]\nport = 1\nmotd = x\n"), ", line 3: cannot parse value on line 'motd = x'");
  assertEquals(complaint("[daemon\nport = 1\n").startsWith(", line 1: "), true);
});

Deno.test("parseDaemonConfig() takes no key twice", () => {
  assertEquals(complaint("[daemon]\nport = 1\n\nport = 2\n"), ', line 4: "port": it stands on line 2 already');
});

Deno.test("parseDaemonConfig() allows names that no shell and no path can misread, and no others", () => {
  for (const name of ["", ".", "..", "a/b", "a b", "-a", "ä", "a:b", "x".repeat(65), "a\\n"]) {
    const text = `[[module]]\nname = ${JSON.stringify(name)}\npath = "a"`;
    assertEquals(
      complaint(text).endsWith(
        "expected 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
      ),
      true,
      name,
    );
  }
  for (const name of ["a", "9", "a.b", "x".repeat(64)]) parse(`[[module]]\nname = "${name}"\npath = "a"`);
});

Deno.test("readDaemonConfig() says why a file cannot be read", async () => {
  const missing = await assertRejects(() => readDaemonConfig(`${directory}/none.toml`), BlitError);
  assertEquals([missing.code, missing.message], [
    "not-found",
    `Cannot read configuration "${directory}/none.toml": no such file`,
  ]);
  Deno.writeFileSync(`${directory}/latin1.toml`, new Uint8Array([0x61, 0xff]));
  await assertRejects(() => readDaemonConfig(`${directory}/latin1.toml`), BlitError, "it is not UTF-8");
});

Deno.test("readDaemonConfig() says of a directory that it is one", async () => {
  const error = await assertRejects(() => readDaemonConfig(`${directory}/a`), BlitError);
  assertEquals([error.code, error.message], ["usage", `Cannot read configuration "${directory}/a": it is a directory`]);
});
