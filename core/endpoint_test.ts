import { assertEquals, assertThrows } from "@std/assert";
import { type Endpoint, parseEndpoint, parseServer, type Platform } from "./endpoint.ts";
import { BlitError } from "./errors.ts";

function remote(host: string, module: string | undefined, path: string, rest: Partial<Endpoint> = {}): Endpoint {
  return { kind: "remote", host, port: 9031, module, path, trailingSlash: false, ...rest } as Endpoint;
}

function assertInvalid(text: string, reason: string, platform: Platform = "unix"): void {
  const error = assertThrows(() => parseEndpoint(text, platform), BlitError, reason);
  assertEquals(error.code, "usage");
  assertEquals(error.hint?.includes("server:/module/path") && error.hint.includes("./name:with-colon"), true);
}

Deno.test("parseEndpoint() takes words, paths and names with a colon after a slash as local", () => {
  const texts = ["photos", "photos/", "./a:b", "/a:b", "../x/y:z", ".", "-n", "[x]", " a", "a\\b", "é\n", "//server/x"];
  for (const text of texts) assertEquals(parseEndpoint(text, "unix"), { kind: "local", path: text });
});

Deno.test("parseEndpoint() knows drive letters, UNC paths and backslashes on Windows", () => {
  for (const text of ["C:\\x", "c:/x", "C:x", "\\\\server\\share\\a", ".\\a:b", "a\\b:c"]) {
    assertEquals(parseEndpoint(text, "windows"), { kind: "local", path: text });
  }
});

Deno.test("parseEndpoint() does not take C:\\x for a local path on Unix", () => {
  assertInvalid("C:\\x", "it could be a server or a local name");
  assertEquals(parseEndpoint("C:/x", "unix"), remote("C", "x", ""));
});

Deno.test("parseEndpoint() splits server, port, module and path", () => {
  assertEquals(parseEndpoint("nas:/media", "unix"), remote("nas", "media", ""));
  assertEquals(parseEndpoint("nas:/media/", "unix"), remote("nas", "media", "", { trailingSlash: true }));
  assertEquals(parseEndpoint("nas:/media/a/b c/", "unix"), remote("nas", "media", "a/b c", { trailingSlash: true }));
  assertEquals(parseEndpoint("n-a.s_1:9032:/media/x:y", "unix"), remote("n-a.s_1", "media", "x:y", { port: 9032 }));
  assertEquals(parseEndpoint("nas:/media/a\nb", "windows"), remote("nas", "media", "a\nb"));
});

Deno.test("parseEndpoint() leaves out components that lead nowhere, and takes a dot at the end for a slash", () => {
  assertEquals(parseEndpoint("nas:/m/./a//b", "unix"), remote("nas", "m", "a/b"));
  assertEquals(parseEndpoint("nas:/m/a/.", "unix"), remote("nas", "m", "a", { trailingSlash: true }));
  assertEquals(parseEndpoint("nas:/m/.", "unix"), remote("nas", "m", "", { trailingSlash: true }));
  assertEquals(parseEndpoint("nas://a.", "unix"), remote("nas", undefined, "a."));
});

Deno.test("parseEndpoint() reads a double slash as the default root", () => {
  assertEquals(parseEndpoint("nas://photos/a", "unix"), remote("nas", undefined, "photos/a"));
  assertEquals(parseEndpoint("nas:80://", "unix"), remote("nas", undefined, "", { port: 80, trailingSlash: true }));
});

Deno.test("parseEndpoint() takes IPv6 addresses in brackets", () => {
  assertEquals(parseEndpoint("[::1]:/m/a", "unix"), remote("::1", "m", "a"));
  assertEquals(parseEndpoint("[fe80::1%eth0]:9032:/m", "windows"), remote("fe80::1%eth0", "m", "", { port: 9032 }));
});

Deno.test("parseEndpoint() refuses what could be a server or a local name, and shows the forms", () => {
  for (const text of ["foo:bar", "nas:", "nas:9031", "nas:9031:", "[::1]:", "12:30 notes.txt"]) {
    assertInvalid(text, `Cannot use "${text}" as a source or destination: it could be a server or a local name`);
  }
  for (const text of ["::1:/m", ":a", "a b:/m", "me@nas:/m", "[x]:/m"]) assertInvalid(text, "neither");
});

Deno.test("parseEndpoint() refuses empty texts, NUL, bad ports, missing modules and climbing paths", () => {
  assertInvalid("", "it is empty");
  assertInvalid("a\0b", "NUL");
  assertInvalid("nas:0:/m", "0 is not a port");
  assertInvalid("nas:65536:/m", "65536 is not a port");
  assertInvalid("nas:/", "it names no module");
  assertInvalid("nas:/m/../../etc", "..");
  assertInvalid("nas://..", "..");
});

Deno.test("parseServer() takes a server with and without its port and a colon at its end, and nothing else", () => {
  for (const end of ["", ":", ":/"]) {
    assertEquals(parseServer(`nas${end}`), { host: "nas", port: 9031 });
    assertEquals(parseServer(`nas:9032${end}`), { host: "nas", port: 9032 });
    assertEquals(parseServer(`[::1]${end}`), { host: "::1", port: 9031 });
    assertEquals(parseServer(`[::1]:9032${end}`), { host: "::1", port: 9032 });
  }
  for (const text of ["", ":", "nas::", "nas/", "nas:/m", "nas:x", "nas:0", "nas:65536:", "::1", "[::1]::"]) {
    const error = assertThrows(() => parseServer(text), BlitError, "as a server");
    assertEquals([error.code, error.hint?.includes("colon at the end")], ["usage", true], text);
  }
});
