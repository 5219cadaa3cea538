/**
 * Neighbours that send what they should not: nothing of it brings a daemon down, makes it talk without end, or reaches a terminal.
 *
 * @module
 */

import { assert, assertEquals } from "./helpers/assert.ts";
import { connect, Machine } from "./helpers/network.ts";
import { parseEvents, PROJECT } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { testTogether } from "./helpers/together.ts";

/** Sends noise for so long and resolves with the number of packets, at least 100. */
async function noise(machine: Machine, address: string, kind: string, seconds: number): Promise<number> {
  const child = startNoise(machine, address, kind, seconds);
  const text = await new Response(child.stdout).text();
  assertEquals((await child.status).code, 0);
  const sent = Number(text.replace("begins", ""));
  assert(sent > 100, `only ${sent} packets were sent`);
  return sent;
}

function startNoise(machine: Machine, address: string, kind: string, seconds: number): Deno.ChildProcess {
  const script = `${PROJECT}/tests/fixtures/multicast_noise.ts`;
  return machine.start(Deno.execPath(), "run", "-A", "--quiet", script, address, kind, String(seconds));
}

/** Packets that a machine has sent over its cable. */
function sentBy(machine: Machine): number {
  const [link] = JSON.parse(machine.require("ip", "-s", "-j", "link", "show", "v0"));
  return link.stats64.tx.packets;
}

testTogether(["networks"], {
  async "a daemon stands garbage and floods, and answers no more than it has to"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there, 77);
    await using daemon = await here.daemon(["--root", scratch.path, "--mdns-name", "victim"]);
    await daemon.logged("Advertised");

    await noise(there, "10.77.0.2", "garbage", 1);
    /** How many packets answer how many questions, in how many seconds. */
    const answersTo = async (kind: string): Promise<[number, number, number]> => {
      const [before, started] = [sentBy(here), performance.now()];
      const questions = await noise(there, "10.77.0.2", kind, 1.5);
      return [sentBy(here) - before, questions, (performance.now() - started) / 1000];
    };
    // An answer a second for everybody, and the system's own packets.
    const [answers, questions, seconds] = await answersTo("questions");
    assert(answers >= 1 && answers < 6 + 3 * seconds, `${answers} answers to ${questions} questions in ${seconds} s`);
    // Twenty a second for single hosts, and as many at once.
    const [single, singleQuestions, singleSeconds] = await answersTo("single-questions");
    const most = 26 + 23 * singleSeconds;
    assert(single > 10 && single < most, `${single} answers to ${singleQuestions} questions in ${singleSeconds} s`);

    // What a flood may take away is there again when it is over.
    const found = await there.blit(["scan", "--json", "--wait", "3"]);
    assertEquals(parseEvents(found.stdout).map(({ name }) => name), ["victim"]);
    assertEquals(daemon.log.filter(({ level }) => level !== "info"), []);
    assertEquals(await daemon.stop(), 0);
  },

  async "made-up daemons are bounded and cleaned, and take no name for long"() {
    using scratch = new Scratch();
    await using here = await Machine.create();
    await using there = await Machine.create();
    connect(here, there, 78);
    await using daemon = await here.daemon(["--root", scratch.path, "--mdns-name", "victim"]);
    await daemon.logged("Advertised");
    const child = startNoise(there, "10.78.0.2", "daemons", 60);
    const reader = child.stdout.getReader();
    await reader.read();
    const [json, text] = await Promise.all([here.blit(["scan", "--json"]), here.blit(["scan"])]);
    child.kill("SIGKILL");
    await reader.cancel();
    for (const { code, stdout, stderr } of [json, text]) {
      assertEquals(code, 0);
      assertEquals(stderr.replace(/\d+/, "N"), "blit: There may be more than these N servers\n");
      // deno-lint-ignore no-control-regex -- control characters are what must not be there
      assertEquals(/[\x00-\x09\x0b-\x1f\x7f]/.test(stdout), false);
    }
    const found = parseEvents(json.stdout);
    assertEquals(found.length, 256);
    for (const { name, modules, version } of found) {
      if (!name.includes("fake")) continue;
      assertEquals([name.replace(/\d+$/, "N"), modules, version], ["\\x1b[2Jfake\\r\\n N", ["m"], undefined]);
    }
    assertEquals(daemon.log.filter(({ level }) => level !== "info"), []);
    assertEquals(await daemon.stop(), 0);
  },
});
