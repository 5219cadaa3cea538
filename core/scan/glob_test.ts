import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BlitError } from "../errors.ts";
import { MAX_GLOB_LENGTH, parseGlob } from "./glob.ts";

function matches(pattern: string, text: string): boolean {
  return parseGlob(pattern).matches(text);
}

Deno.test("a glob matches names and paths as its table says", () => {
  const cases: [string, string[], string[]][] = [
    ["*.jpg", ["a.jpg", ".jpg", "a.b.jpg", "ü😀.jpg"], ["a.jpeg", "a.jpg.txt", "a/b.jpg"]],
    ["?.t", ["a.t", "ü.t", "😀.t"], [".t", "ab.t", "/.t"]],
    ["[a-c]x[!0-9]", ["axz", "cx-"], ["dxz", "ax5", "ax", "ax/"]],
    ["[]]", ["]"], ["["]],
    ["[!]]", ["a"], ["]"]],
    ["{a,bc}*", ["a", "ab", "bcd"], ["b", "c"]],
    ["\\*\\{a,b}", ["*{a,b}"], ["x{a,b}"]],
    ["a{", ["a{"], ["a"]],
    ["a/*/c", ["a/b/c"], ["a/c", "a/b/b/c"]],
    ["a/**/c", ["a/c", "a/b/c", "a/b/b/c"], ["a/bc", "ac", "x/a/c"]],
    ["**/c", ["c", "a/c", "a/b/c"], ["bc", "a/bc"]],
    ["a/**", ["a/b", "a/b/c"], ["a", "b/a"]],
    ["/a/b", ["a/b"], ["x/a/b"]],
    ["a**b", ["ab", "axb"], ["a/b"]],
    ["**/a*/**/z", ["a/z", "x/ab/y/y/z"], ["ab", "x/ab"]],
  ];
  for (const [pattern, wanted, others] of cases) {
    for (const text of wanted) assert(matches(pattern, text), `${pattern} matches ${text}`);
    for (const text of others) assert(!matches(pattern, text), `${pattern} does not match ${text}`);
  }
});

/** The rules once more, by trying everything. */
function matchesSlowly(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern === "**") return true;
  if (pattern.startsWith("**/")) {
    const starts = [0, ...[...text.matchAll(/\//g)].map(({ index }) => index + 1)];
    return starts.some((start) => matchesSlowly(pattern.slice(3), text.slice(start)));
  }
  if (pattern.startsWith("*")) {
    const end = text.indexOf("/") === -1 ? text.length : text.indexOf("/");
    return Array.from({ length: end + 1 }, (_, i) => i).some((i) => matchesSlowly(pattern.slice(1), text.slice(i)));
  }
  if (text === "" || (pattern[0] === "?" && text[0] === "/")) return false;
  return (pattern[0] === "?" || pattern[0] === text[0]) && matchesSlowly(pattern.slice(1), text.slice(1));
}

Deno.test("a glob matches exactly what trying everything finds", () => {
  const component = fc.oneof(
    fc.constant("**"),
    fc.array(fc.constantFrom("a", "b", "?", "*"), { minLength: 1, maxLength: 5 }).map((parts) =>
      parts.join("").replace(/\*+/g, "*")
    ),
  );
  const pattern = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  const text = fc.array(fc.array(fc.constantFrom("a", "b"), { maxLength: 4 }).map((c) => c.join("")), {
    minLength: 1,
    maxLength: 5,
  }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(pattern, text, (p: string, t: string) => {
      assertEquals(matches(p, t), matchesSlowly(p, t), `${p} ${t}`);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("a glob that could try for ever ends at once", () => {
  const started = performance.now();
  // A set at the end, or the end of the text alone would tell.
  assert(!matches("*a".repeat(200) + "[b]", "a".repeat(4000) + "c"));
  assert(!matches("**/a".repeat(100) + "/[b]", "a/".repeat(2000) + "c"));
  assert(!matches("**/*a*a*a*a*a*a*a*a*a[b]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/".repeat(50) + "c"));
  assert(performance.now() - started < 5000);
});

Deno.test("a glob without meaning is refused", () => {
  for (const pattern of ["[a", "a\\", "{a,b}".repeat(7), "x".repeat(MAX_GLOB_LENGTH + 1)]) {
    const error = assertThrows(() => parseGlob(pattern), BlitError);
    assertEquals((error as unknown as BlitError).code, "usage");
  }
});
