import { assertEquals } from "@std/assert";
import { encodeText } from "../../paths/bytes.ts";
import type { Engine } from "../threads/engine.ts";
import { IncomingRanges } from "./incoming_ranges.ts";
import type { Range, RangedEnd, RangedFile } from "./ranged_file.ts";
import type { RangeCommand, RangeOutcome, RangePort, RangeReport } from "./range_messages.ts";

const MIB = 1024 * 1024;
const WHOLE: RangeOutcome = { kind: "whole", stat: undefined };

/** A file of this many ranges that ends when each of them has been settled once. */
function fileOf(count: number, rangeBytes = 32 * MIB): RangedFile & { readonly settled: number } {
  const file = {
    pair: { path: encodeText(""), pathOf: () => encodeText("a") },
    entry: { name: encodeText("a") },
    temporary: encodeText("temporary"),
    isGivenUp: false,
    settled: 0,
    *ranges(): Generator<Range> {
      const self = file as unknown as RangedFile;
      for (let i = 0; i < count; i++) yield { file: self, start: i * rangeBytes, end: (i + 1) * rangeBytes };
    },
    settle: (): RangedEnd | undefined => ++file.settled === count ? { kind: "whole" } : undefined,
  };
  return file as unknown as RangedFile & { readonly settled: number };
}

/** Ranges with helpers that a test speaks for, and what is asked of everybody. */
class Scene {
  readonly own: Range[] = [];
  readonly orders: RangeCommand[] = [];
  wishes = 0;
  closed = 0;
  readonly ranges: IncomingRanges;
  #onPort: (port: RangePort) => void = () => {};

  constructor() {
    this.ranges = new IncomingRanges({
      engine: { job: { destination: "/", fileSystem: "portable" } } as unknown as Engine,
      lanes: { most: () => 1, wish: () => void this.wishes++, listen: (onPort) => this.#onPort = onPort },
      ask: (range) => this.own.push(range),
    });
  }

  /** A helper comes; returns how it says something, which is taken in at once. */
  addHelper(): (report: RangeReport) => void {
    let tell: (report: RangeReport) => void = () => {};
    this.#onPort({
      post: (command) => command.type === "range" && this.orders.push(command),
      listen: (onReport) => tell = onReport,
      close: () => void this.closed++,
    });
    return (report) => {
      tell(report);
      this.ranges.catchUp();
    };
  }

  /** Ends what was asked for on the receiver's own lane, until nothing is. */
  settleOwn(): void {
    while (this.own.length > 0) this.ranges.settleOwn(this.own.shift()!, WHOLE);
  }
}

Deno.test("IncomingRanges takes the loss of a helper once, however often it is told", () => {
  const scene = new Scene();
  const tell = scene.addHelper();
  tell({ type: "ready" });
  const file = fileOf(6);
  const ends: RangedEnd[] = [];
  scene.ranges.begin(file, (end) => ends.push(end));
  assertEquals([scene.own.length, scene.orders.length, scene.wishes], [2, 2, 1]);

  for (const report of ["lost", "lost"] as const) tell({ type: report });
  tell({ type: "done", id: 1, outcome: WHOLE }); // it comes too late: the range is somebody else's
  scene.settleOwn();
  // Each range was done once, and the file has ended once.
  assertEquals([file.settled, ends.length, scene.closed], [6, 1, 1]);

  // One helper is missing, not two.
  scene.ranges.begin(fileOf(6, 64 * MIB), () => {});
  assertEquals(scene.wishes, 2);
});
