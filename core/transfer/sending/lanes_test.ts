import { assert, assertEquals } from "@std/assert";
import type { ByteString } from "../../paths/bytes.ts";
import { connectedPair } from "../../wire/_testing.ts";
import { Lane } from "../../wire/lane/lane.ts";
import type { SinkRecord } from "../../wire/records.ts";
import { bestFileSystem, hookedFileSystem, inTree, openBelow, TestSink } from "./_testing.ts";
import { sendTree } from "./send_tree.ts";
import { LocalShare } from "./share.ts";

Deno.test("lanes divide a tree, and another lane gets no directory before the sink has made it", () =>
  inTree(async (root) => {
    for (let a = 0; a < 12; a++) {
      for (let b = 0; b < 12; b++) {
        Deno.mkdirSync(`${root}/${a}/${b}`, { recursive: true });
        for (let i = 0; i < 20; i++) Deno.writeTextFileSync(`${root}/${a}/${b}/${i}`, `${a} ${b} ${i}`);
      }
    }
    const LANES = 4;
    // A disk that takes its time; otherwise one lane has listed everything before the first word of a sink arrives.
    const pace = new Int32Array(new SharedArrayBuffer(4));
    const fileSystem = hookedFileSystem(bestFileSystem, { onListed: () => void Atomics.wait(pace, 0, 0, 4) });
    const share = new LocalShare();
    const pairs = await Promise.all(Array.from({ length: LANES }, connectedPair));
    const givenBack = new Set<string>();
    const early: string[] = [];
    const perLane: Set<string>[] = [];
    const laneOf = new Map<string, number>();
    const sinks = pairs.map(([, carrier], lane) => {
      const own = new Set<string>();
      perLane.push(own);
      const sink: TestSink = new TestSink(new Lane(carrier, { role: "sink" }), {
        onRecord: (record) => {
          if (record.kind !== "directory") return;
          const path = record.path.join("/");
          const parent = record.path.slice(0, -1).join("/");
          own.add(path);
          laneOf.set(path, lane);
          const isOwn = path === "" || laneOf.get(parent) === lane;
          if (!isOwn && !givenBack.has(parent)) early.push(path);
        },
        onDirectory: ({ id }): SinkRecord[] => {
          const path = [...sink.directories].find(([, record]) => record.id === id)![0];
          givenBack.add(path);
          return [{ kind: "directory-done", id, skipSubtree: false }];
        },
      });
      return sink;
    });
    const sources = pairs.map(([carrier]) => new Lane(carrier, { role: "source" }));
    const [totals] = await Promise.all([
      Promise.all(sources.map((lane) => sendTree(lane, { fileSystem, root, share }))),
      Promise.all(sinks.map((sink) => sink.run())),
    ]);
    for (const lane of [...sources, ...sinks.map(({ lane }) => lane)]) lane.close();

    assertEquals(early, []);
    const all = perLane.flatMap((own) => [...own]);
    assertEquals(all.length, 1 + 12 + 144);
    assertEquals(new Set(all).size, all.length);
    assert(perLane.filter((own) => own.size > 5).length >= 2, perLane.map((own) => own.size).join(" "));
    assertEquals(totals.reduce((sum, { entries }) => sum + entries, 0), 12 + 144 + 2880);
    for (const sink of sinks) {
      assertEquals(sink.scanEnd, { kind: "scan-end", directories: 157, entries: 3036, failures: 0 });
    }
    const contents = sinks.flatMap((sink) => [...sink.answers.values()]).map(({ path }) => path as ByteString);
    assertEquals(new Set(contents).size, 2880);
    assertEquals(openBelow(root), []);
  }));
