/** What a daemon must survive on its control port, as a real process with its real limits. */

import { assertEquals, assertRejects } from "@std/assert";
import { connectControl } from "../core/wire/control/client.ts";
import { BlitError } from "../core/errors.ts";
import { asByteString, type ByteString, encodeText } from "../core/paths/bytes.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { usageOf } from "./helpers/usage.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Makes glibc overwrite memory that is freed, so that a use of it ends the process at once instead of some day. */
const STRICT_MEMORY = { MALLOC_PERTURB_: "165" };

/** Opens a connection, sends bytes, and leaves in one of several impolite ways. */
async function visit(port: number, i: number): Promise<void> {
  const openings = [
    new Uint8Array(0),
    crypto.getRandomValues(new Uint8Array(1024)),
    encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff"),
    encode("POST /blit.v2.BlitService/List HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web\r\n\r\n"),
    encode("GET / HTTP/1.0\r\n\r\n"),
    // A goodbye, without and with a reason, and then nonsense.
    encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x08more"),
  ];
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const opening = openings[i % openings.length];
  if (opening.length > 0) await connection.write(opening).catch(() => {});
  if (i % 3 === 0) await connection.read(new Uint8Array(1024)).catch(() => {});
}

async function visitMany(port: number, count: number): Promise<void> {
  for (let i = 0; i < count; i += 20) {
    // A visit that waits for an answer to nothing would wait for the server's limit.
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, 200));
    await Promise.all(Array.from({ length: 20 }, (_, j) => Promise.race([visit(port, i + j), timeout])));
  }
}

testWhere(["linux"], "a daemon has no more handles and memory after thousands of bad connections", async () => {
  using scratch = new Scratch();
  await using daemon = await startDaemon({ args: ["--root", scratch.path], env: STRICT_MEMORY });
  await visitMany(daemon.port, 1000);
  await new Promise((resolve) => setTimeout(resolve, 12_000)); // those who stayed silent are cut off after 10 s
  const before = usageOf(daemon.pid);
  await visitMany(daemon.port, 3000);
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  const after = usageOf(daemon.pid);
  assertEquals(
    after.descriptors <= before.descriptors + 2,
    true,
    `descriptors: ${before.descriptors}, then ${after.descriptors}`,
  );
  assertEquals(after.residentMb < before.residentMb + 25, true, `MB: ${before.residentMb}, then ${after.residentMb}`);
  using client = await connectControl({ host: "127.0.0.1", port: daemon.port });
  await client.listModules();
  assertEquals(daemon.log.filter(({ level }) => level === "error"), []);
});

Deno.test("a daemon answers a thousand clients that come and go, and stays as it was", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.join("a.txt"), "abc");
  await using daemon = await startDaemon({ args: ["--root", scratch.path], env: STRICT_MEMORY });
  for (let i = 0; i < 50; i++) {
    await Promise.all(Array.from({ length: 20 }, async () => {
      using client = await connectControl({ host: "127.0.0.1", port: daemon.port });
      const { size } = await client.stat({ module: undefined, path: [encodeText("a.txt")] });
      assertEquals(size, 3);
    }));
  }
});

const ESCAPES: ByteString[][] = [
  [asByteString("..")],
  [asByteString("sub"), asByteString(".."), asByteString("..")],
  [asByteString(".")],
  [asByteString("")],
  [asByteString("../outside")],
  [asByteString("sub/../../outside")],
  [asByteString("/etc")],
  [asByteString("a\0b")],
  [asByteString("x".repeat(256))],
  Array(4097).fill(asByteString("a")),
];

for (const [kind, permissions] of [["native", ["-A"]], ["portable", ["-A", "--deny-ffi"]]] as const) {
  Deno.test(`a daemon lets nobody out of a module by a name (${kind})`, async () => {
    using scratch = new Scratch();
    const root = scratch.directory("root");
    scratch.directory("root", "sub");
    scratch.directory("outside");
    await using daemon = await startDaemon({ args: ["--root", root], permissions });
    using client = await connectControl({ host: "127.0.0.1", port: daemon.port });
    for (const path of ESCAPES) {
      const place = { module: undefined, path };
      const listing = await assertRejects(() => Array.fromAsync(client.list(place)), BlitError);
      const stat = await assertRejects(() => client.stat(place), BlitError);
      assertEquals([listing.code, stat.code], ["invalid-name", "invalid-name"], JSON.stringify(path).slice(0, 80));
    }
  });

  testWhere(["unix"], `a daemon shows symbolic links and follows none (${kind})`, async () => {
    using scratch = new Scratch();
    const root = scratch.directory("root");
    scratch.directory("outside", "deep");
    Deno.symlinkSync("../outside", `${root}/relative`);
    Deno.symlinkSync(scratch.join("outside"), `${root}/absolute`);
    Deno.symlinkSync("nowhere", `${root}/dangling`);
    await using daemon = await startDaemon({ args: ["--root", root], permissions });
    using client = await connectControl({ host: "127.0.0.1", port: daemon.port });
    const batches = await Array.fromAsync(client.list({ module: undefined, path: [] }));
    const shown = batches.flatMap(({ entries }) =>
      entries.map(({ name, kind, target }) => `${name} ${kind} ${target}`)
    );
    assertEquals(shown.sort(), [
      `absolute symlink ${scratch.join("outside")}`,
      "dangling symlink nowhere",
      "relative symlink ../outside",
    ]);
    for (const name of ["relative", "absolute"]) {
      for (const path of [[name], [name, "deep"]]) {
        const place = { module: undefined, path: path.map(encodeText) };
        const error = await assertRejects(() => Array.fromAsync(client.list(place)), BlitError);
        // Where the link stands last, a system may say that it is no directory.
        assertEquals(["loop", "not-directory"].includes(error.code), true, `${path}: ${error.code}`);
        assertEquals(error.message.includes(scratch.path), false, "the server's own path is told");
      }
    }
    assertEquals((await client.stat({ module: undefined, path: [encodeText("absolute")] })).kind, "symlink");
    const through = { module: undefined, path: ["absolute", "deep"].map(encodeText) };
    await assertRejects(() => client.stat(through), BlitError);
  });

  testWhere(["linux"], `a daemon is not led outside by a directory that turns into a link (${kind})`, async () => {
    using scratch = new Scratch();
    const root = scratch.directory("root");
    scratch.directory("root", "swap");
    Deno.writeTextFileSync(`${root}/swap/inside`, "");
    scratch.directory("outside", "swap");
    Deno.writeTextFileSync(scratch.join("outside", "secret"), "");
    await using daemon = await startDaemon({ args: ["--root", root], permissions });
    using client = await connectControl({ host: "127.0.0.1", port: daemon.port });
    // Another process swaps the directory and a link to the outside, as fast as it can. The portable file system waits until
    // everything above a directory has stood still for 60 ms; for that one it pauses now and then, for about as long.
    const swapper = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "-"],
      stdin: "piped",
      cwd: root,
    }).spawn();
    const writer = swapper.stdin.getWriter();
    await writer.write(encode(`
      Deno.symlinkSync("../outside", "link");
      const end = Date.now() + 30_000;
      let count = 0;
      while (Date.now() < end) {
        Deno.renameSync("swap", "aside"); Deno.renameSync("link", "swap");
        Deno.renameSync("swap", "link"); Deno.renameSync("aside", "swap");
        const pauseMs = ${kind === "native" ? "0" : "++count % 50 === 0 ? 55 + 80 * Math.random() : 0"};
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    `));
    await writer.close();
    const seen = new Map<string, number>();
    const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    const swap = encodeText("swap");
    const end = Date.now() + 6000;
    const ask = async (): Promise<void> => {
      while (Date.now() < end || !seen.has("inside") && Date.now() < end + 15_000) {
        const place = { module: undefined, path: [swap] };
        try {
          for await (const { entries } of client.list(place)) for (const { name } of entries) note(name);
        } catch (error) {
          note((error as BlitError).code);
        }
        const secret = { module: undefined, path: [swap, encodeText("secret")] };
        note(await client.stat(secret).then(() => "secret", (error) => error.code));
      }
    };
    try {
      await Promise.all(Array.from({ length: 10 }, ask));
    } finally {
      swapper.kill("SIGKILL");
      await swapper.status;
    }
    const told = JSON.stringify([...seen]);
    assertEquals(seen.has("secret") || seen.has("swap"), false, told);
    assertEquals(seen.has("inside"), true, told);
    if (kind === "native") {
      assertEquals(["loop", "not-directory", "changed"].some((code) => seen.has(code)), true, told);
    }
  });
}
