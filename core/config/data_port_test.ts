import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { readPortRange, sessionThreads } from "./data_port.ts";
import { TableReader } from "./table_reader.ts";
import { parseToml } from "./toml.ts";

/** Reads `data_port = value` where a range needs four ports. */
function read(value: string) {
  const file = parseToml(`data_port = ${value}\n`, "daemon.toml");
  return readPortRange(new TableReader(file, [], file.root), "data_port", 4);
}

Deno.test("readPortRange() takes a port, as a number or a text, and a range", () => {
  assertEquals(read("9040"), { first: 9040, last: 9040 });
  assertEquals(read('"9040"'), { first: 9040, last: 9040 });
  assertEquals(read('"9040-9043"'), { first: 9040, last: 9043 });
  assertEquals(read('"65528 - 65535"'), { first: 65_528, last: 65_535 });
});

Deno.test("readPortRange() says what is wrong with a range that cannot be used", () => {
  const cases: [string, string][] = [
    [
      '"9040-9042"',
      'the range "9040-9042" has 3 ports, this machine needs 4, one for each session thread; ' +
      '"9040-9047" is enough anywhere, and a single port is for one thread',
    ],
    ['"9047-9040"', 'the range "9047-9040" ends before it begins'],
    ["0", 'it is 0, expected a port from 1 to 65535, or a range such as "9040-9047"'],
    ["9040.5", 'it is 9040.5, expected a port from 1 to 65535, or a range such as "9040-9047"'],
    ['"9040-70000"', 'it is "9040-70000", expected a port from 1 to 65535, or a range such as "9040-9047"'],
    ['"9040,9041"', 'it is "9040,9041", expected a port from 1 to 65535, or a range such as "9040-9047"'],
    ["[9040]", "it is [9040], expected a text of one line in quotes"],
  ];
  for (const [value, reason] of cases) {
    const error = assertThrows(() => read(value), BlitError);
    assertEquals([error.code, error.message], [
      "usage",
      `Cannot use "daemon.toml", line 1: "data_port": ${reason}`,
    ]);
  }
});

Deno.test("sessionThreads() is the number of processors, from 2 to 8", () => {
  assertEquals([1, 2, 4, 8, 64].map((processors) => sessionThreads(processors)), [2, 2, 4, 8, 8]);
});
