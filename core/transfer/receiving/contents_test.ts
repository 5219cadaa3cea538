import { assertEquals } from "@std/assert";
import { fileSystems } from "../../fs/_testing.ts";
import type { Stat } from "../../fs/types.ts";
import { encodeText } from "../../paths/bytes.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Engine } from "../threads/engine.ts";
import { Contents } from "./contents.ts";
import { Requests } from "./requests.ts";

const NAME = encodeText("a");

/** Gives up a file of which a part has come, and returns what happened to its directory. */
function traceOf(giveUp: (contents: Contents) => void): string[] {
  const path = Deno.makeTempDirSync({ prefix: "blit-test-" });
  try {
    using directory = fileSystems[0].openRoot(path);
    const trace: string[] = [];
    const engine = { job: { rules: {} }, at() {}, handleFailure() {} } as unknown as Engine;
    const pair = {
      engine,
      pathOf: () => NAME,
      ensureDestination: () => {
        trace.push("open");
        return directory;
      },
    } as unknown as DirectoryPair;
    const contents = new Contents(engine, new Requests(), () => trace.push("use"));
    const source = { kind: "file", size: 2, nlink: 1, mode: 0o644, allocatedBytes: 0 } as Stat;
    const entry = { name: NAME, source, destination: undefined, destinationName: NAME };
    const target = { by: "path", path: [NAME] } as const;
    contents.ask({ pair, entry, attributes: undefined, target, attempt: 1, onDone() {} }, { kind: "whole" });
    contents.data({ kind: "file-data", request: 0, offset: 0, content: new Uint8Array(1) });
    trace.length = 0;
    giveUp(contents);
    assertEquals([...Deno.readDirSync(path)], []);
    return trace.slice(0, trace.indexOf("open") + 1);
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
}

Deno.test("Contents says whose directory it opens to give up a file", () => {
  const failed = { kind: "failed", code: "io", message: "Cannot read" } as const;
  assertEquals(traceOf((contents) => contents.abandon(false)), ["use", "open"]);
  const end = { kind: "file-end", request: 0, result: failed, stat: undefined } as const;
  assertEquals(traceOf((contents) => contents.end(end)), ["use", "open"]);
});
