import { assertEquals, assertRejects } from "@std/assert";
import { BlitError } from "../errors.ts";
import { allowSource, type DelegationRule, parseDelegationRule } from "./delegation.ts";

const NAMES: Record<string, string[]> = {
  "nas.example": ["203.0.113.7"],
  "inside.example": ["192.168.1.7"],
  "rebound.example": ["127.0.0.1"],
  "both.example": ["10.1.2.3", "203.0.113.9"],
  "v6.example": ["2001:db8::1"],
  "mapped.example": ["::ffff:127.0.0.1"],
  "mapped-hex.example": ["::ffff:7f00:1"],
  "zoned.example": ["fe80::7%2"],
};

function rules(...texts: string[]): DelegationRule[] {
  return texts.map((text) => {
    const rule = parseDelegationRule(text);
    if (rule === undefined) throw new Error(`"${text}" is no rule`);
    return rule;
  });
}

/** The address to dial, or `refused`. */
async function ask(allowed: DelegationRule[], host: string, port = 9031): Promise<string> {
  try {
    return await allowSource(
      allowed,
      { host, port },
      (name) => Promise.resolve(NAMES[name.toLowerCase().replace(/\.$/, "")] ?? []),
    );
  } catch (error) {
    return (error as BlitError).code;
  }
}

Deno.test("allowSource() is off without rules", async () => {
  assertEquals(await ask([], "nas.example"), "refused");
  assertEquals(await ask([], "203.0.113.7"), "refused");
});

Deno.test("allowSource() allows a name that a rule names, in any case, and no other", async () => {
  const allowed = rules("nas.example", "V6.Example.");
  assertEquals(await ask(allowed, "nas.example"), "203.0.113.7");
  assertEquals(await ask(allowed, "NAS.example."), "203.0.113.7");
  assertEquals(await ask(allowed, "v6.example"), "2001:db8::1");
  for (const host of ["xnas.example", "example", "nas.example.org", "203.0.113.7"]) {
    assertEquals(await ask(allowed, host), "refused", host);
  }
});

Deno.test("allowSource() keeps to the port of a rule, and never to port 0", async () => {
  assertEquals(await ask(rules("nas.example"), "nas.example", 22), "refused");
  assertEquals(await ask(rules("nas.example:9040"), "nas.example", 9031), "refused");
  assertEquals(await ask(rules("nas.example:9040"), "nas.example", 9040), "203.0.113.7");
  assertEquals(parseDelegationRule("nas.example:0"), undefined);
  assertEquals(await ask(rules("nas.example"), "nas.example", 0), "refused");
});

Deno.test("allowSource() needs a rule about addresses for those that only this machine reaches", async () => {
  const names = rules("inside.example", "rebound.example", "mapped.example", "mapped-hex.example");
  for (const host of ["inside.example", "rebound.example", "mapped.example", "mapped-hex.example"]) {
    assertEquals(await ask(names, host), "refused", host);
  }
  assertEquals(await ask([...names, ...rules("192.168.0.0/16")], "inside.example"), "192.168.1.7");
  assertEquals(await ask([...names, ...rules("127.0.0.1")], "rebound.example"), "127.0.0.1");
  assertEquals(await ask(rules("127.0.0.1"), "mapped.example"), "127.0.0.1");
});

Deno.test("allowSource() judges an address that has a zone as the address, and no rule has one", async () => {
  assertEquals(await ask(rules("zoned.example"), "zoned.example"), "refused");
  assertEquals(await ask(rules("zoned.example", "fe80::/10"), "zoned.example"), "fe80::7%2");
  assertEquals(await ask(rules("[fe80::7]:9031"), "fe80::7%eth0"), "fe80::7%eth0");
  assertEquals(await ask(rules("[fe80::7]:9031"), "fe80::8%eth0"), "refused");
  assertEquals(parseDelegationRule("[fe80::7%eth0]:9031"), undefined);
});

Deno.test("allowSource() takes the first address that is allowed, not the first one", async () => {
  assertEquals(await ask(rules("both.example"), "both.example"), "203.0.113.9");
});

Deno.test("allowSource() judges an address as an address, and a name that does not resolve denies", async () => {
  assertEquals(await ask(rules("10.0.0.0/8"), "10.9.9.9"), "10.9.9.9");
  assertEquals(await ask(rules("10.0.0.0/8"), "11.0.0.1"), "refused");
  assertEquals(await ask(rules("[fd00::]:9031", "[fd00::1]:9031"), "fd00::1"), "fd00::1");
  assertEquals(await ask(rules("gone.example"), "gone.example"), "refused");
});

Deno.test("allowSource() resolves once, and tells the address that was judged", async () => {
  let calls = 0;
  const address = await allowSource(rules("nas.example"), { host: "nas.example", port: 9031 }, () => {
    calls++;
    return Promise.resolve([calls === 1 ? "203.0.113.7" : "127.0.0.1"]);
  });
  assertEquals([address, calls], ["203.0.113.7", 1]);
});

Deno.test("allowSource() hands on why a name cannot be resolved", async () => {
  const failing = () => Promise.reject(new BlitError("unreachable", "no such name"));
  const error = await assertRejects(
    () => allowSource(rules("nas.example"), { host: "nas.example", port: 9031 }, failing),
    BlitError,
  );
  assertEquals(error.code, "unreachable");
});

Deno.test("parseDelegationRule() takes names, addresses and subnets, and nothing else", () => {
  for (
    const text of ["a", "a.b", "a.b:1", "1.2.3.4", "1.2.3.4:65535", "10.0.0.0/8", "fd00::1", "fd00::/8", "[::1]:9031"]
  ) {
    assertEquals(parseDelegationRule(text) !== undefined, true, text);
  }
  for (
    const text of [
      "",
      "*",
      "a b",
      "a:b",
      "a:70000",
      "1.2.3",
      "1.2.3.4.5",
      "10.0.0.0/33",
      "::/129",
      "a/8",
      "-a",
      "[a",
      "http://a",
    ]
  ) {
    assertEquals(parseDelegationRule(text), undefined, text);
  }
});
