import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { MAX_LANES } from "./limits.ts";
import { MAX_TOKENS, TOKEN_BYTES, TokenTable } from "./tokens.ts";

function refused(reason: string): unknown {
  return { kind: "refused", reason };
}

Deno.test("TokenTable: a token works once a lane, for its session", () => {
  const tokens = new TokenTable<string>();
  const [one, other] = [tokens.issue("one", { lanes: 2 }), tokens.issue("other")];
  assertEquals(one.length, TOKEN_BYTES);
  assertNotEquals(one, other);
  assertEquals(tokens.redeem(one, 1), { kind: "accepted", session: "one" });
  assertEquals(tokens.redeem(one, 1), refused("used-token"));
  assertEquals(tokens.redeem(one, 0), { kind: "accepted", session: "one" });
  assertEquals(tokens.redeem(one, 2), refused("used-token"));
  assertEquals(tokens.redeem(other, 0), { kind: "accepted", session: "other" });
});

Deno.test("TokenTable refuses what it has not issued, down to the last bit", () => {
  const tokens = new TokenTable<string>();
  const token = tokens.issue("session");
  for (let bit = 0; bit < 8 * TOKEN_BYTES; bit++) {
    const wrong = token.slice();
    wrong[bit >> 3] ^= 1 << (bit & 7);
    assertEquals(tokens.redeem(wrong, 0), refused("unknown-token"));
  }
  assertEquals(tokens.redeem(new Uint8Array(0), 0), refused("unknown-token"));
  assertEquals(tokens.redeem(token, 0).kind, "accepted");
});

Deno.test("TokenTable: a token expires", () => {
  let now = 0;
  const tokens = new TokenTable<string>(() => now);
  const token = tokens.issue("session", { lanes: 2, lifetimeMs: 1000 });
  now = 999;
  assertEquals(tokens.redeem(token, 0).kind, "accepted");
  now = 1000;
  assertEquals(tokens.redeem(token, 1), refused("expired-token"));
});

Deno.test("TokenTable clamps the number of lanes", () => {
  const tokens = new TokenTable<string>();
  const token = tokens.issue("session", { lanes: 1e9 });
  assertEquals(tokens.redeem(token, MAX_LANES - 1).kind, "accepted");
  assertEquals(tokens.redeem(token, MAX_LANES), refused("used-token"));
  assertEquals(tokens.redeem(tokens.issue("session", { lanes: -1 }), 0).kind, "accepted");
});

Deno.test("TokenTable forgets the tokens of a session, and no others", () => {
  const tokens = new TokenTable<string>();
  const [one, other] = [tokens.issue("one"), tokens.issue("other")];
  tokens.revoke("one");
  assertEquals(tokens.redeem(one, 0), refused("unknown-token"));
  assertEquals(tokens.redeem(other, 0).kind, "accepted");
});

Deno.test("TokenTable is bounded, and makes room by forgetting the dead", () => {
  let now = 0;
  const tokens = new TokenTable<number>(() => now);
  const first = tokens.issue(0);
  for (let i = 1; i < MAX_TOKENS; i++) tokens.issue(i);
  const error = assertThrows(() => tokens.issue(-1), BlitError);
  assertEquals(error.code, "busy");
  tokens.redeem(first, 0);
  tokens.issue(-2);
  assertThrows(() => tokens.issue(-3), BlitError);
  now = 60_000;
  tokens.issue(-4);
  assertEquals(tokens.size, 1);
});
