import assert from "node:assert/strict";
import { helpFor, parseOptions } from "./options.ts";

Deno.test("parseOptions() gives five full rounds on both file systems by default", () => {
  const options = parseOptions([]);
  assert.deepEqual(
    [options.rounds, options.scale, options.places, options.only],
    [5, 1, ["tmpfs", "ext4"], []],
  );
});

Deno.test("parseOptions() lets --rounds and --scale win over --quick", () => {
  assert.deepEqual([parseOptions(["--quick"]).rounds, parseOptions(["--quick"]).scale], [3, 0.2]);
  const both = parseOptions(["--quick", "--rounds", "7", "--scale=0.5"]);
  assert.deepEqual([both.rounds, both.scale], [7, 0.5]);
});

Deno.test("parseOptions() splits and repeats lists", () => {
  const options = parseOptions(["--tools", "rsync,cp", "--tools", "tar", "--on", "tmpfs", "--on", "/srv"]);
  assert.deepEqual([options.tools, options.places], [["rsync", "cp", "tar"], ["tmpfs", "/srv"]]);
});

Deno.test("parseOptions() compares tools unless --predictor is given, and then knows no tools", () => {
  assert.deepEqual([parseOptions([]).subject, parseOptions(["--predictor", "--scale=2"]).subject], [
    "local",
    "predictor",
  ]);
  assert.throws(() => parseOptions(["--predictor", "--tools", "cp"]), TypeError);
});

Deno.test("parseOptions() takes remote as the first word, on tmpfs by default, with the flags of the others", () => {
  const options = parseOptions(["remote", "--quick", "--rounds", "2", "--only", "push"]);
  assert.deepEqual([options.subject, options.places, options.rounds, options.scale, options.only], [
    "remote",
    ["tmpfs"],
    2,
    0.2,
    ["push"],
  ]);
  assert.deepEqual(parseOptions(["remote", "--on", "/srv"]).places, ["/srv"]);
  assert.match(helpFor("remote"), /bench remote/);
  for (const flags of [["--predictor"], ["--tools", "cp"], ["remote"]]) {
    assert.throws(() => parseOptions(["remote", ...flags]), TypeError);
  }
  assert.throws(() => parseOptions(["--quick", "remote"]), TypeError);
});

Deno.test("parseOptions() refuses what means nothing", () => {
  for (const args of [["--rounds", "0"], ["--rounds", "1.5"], ["--scale=-1"], ["--scale", "x"]]) {
    assert.throws(() => parseOptions(args), RangeError);
  }
  assert.throws(() => parseOptions(["--speed"]), TypeError);
  assert.throws(() => parseOptions(["tmpfs"]), TypeError);
});
