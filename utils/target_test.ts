import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../core/errors.ts";
import { parseListTarget } from "./list.ts";
import { explainWord, parseTarget } from "./target.ts";

/** A name that nothing here has. */
const ABSENT = "a-server-and-nothing-here";

Deno.test("parseTarget() and parseListTarget() take a server in every spelling where nothing here has its name", () => {
  for (const [typed, host, port] of [[ABSENT, ABSENT, 9031], [`${ABSENT}:9040`, ABSENT, 9040], ["[::1]:9", "::1", 9]]) {
    for (const end of ["", ":", ":/"]) {
      const text = `${typed}${end}`;
      const isWord = text === ABSENT;
      assertEquals(parseTarget(text, "unix"), { kind: "server", server: { host, port }, typed, isWord } as never);
      assertEquals(parseListTarget(text, "unix"), { kind: "server", server: { host, port } } as never, text);
    }
  }
});

Deno.test("parseTarget() takes a word for what is here, and a drive letter on Windows", () => {
  const here = [...Deno.readDirSync(".")].find(({ name }) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))!.name;
  assertEquals(parseTarget(here, "unix"), { kind: "local", path: here, shown: here });
  for (const text of ["C:", "C:x", "C:1", "C"]) assertEquals(parseTarget(text, "windows").kind, "local", text);
  for (const text of [".", "..", `${ABSENT}/`, "./x:9031"]) assertEquals(parseTarget(text, "unix").kind, "local", text);
  for (const text of ["nas::", "nas:x"]) assertThrows(() => parseTarget(text, "unix"), BlitError, "could be a server");
});

Deno.test("explainWord() speaks of a name here as well where only a word was given", () => {
  const lost = new BlitError("unreachable", "no such host");
  const { code, message, hint } = explainWord(lost, parseTarget(ABSENT, "unix")) as BlitError;
  assertEquals([code, message], [
    "not-found",
    `Cannot find "${ABSENT}": nothing here has this name, and no such server answers`,
  ]);
  assertEquals(hint, 'A local name is written "./name", a server "server:" or "server:9031:"');
  assertEquals(explainWord(lost, parseTarget(`${ABSENT}:`, "unix")), lost);
});
