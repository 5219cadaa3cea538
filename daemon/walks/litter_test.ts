import { assert } from "@std/assert";
import { Litter } from "./litter.ts";

const BUFFERS = 8192;
const BUFFER_BYTES = 32 * 1024;

/** How far buffers that nobody uses pile up, in bytes, while a stream makes 256 MiB of them. */
function pileUp(litter: Pick<Litter, "add">): number {
  const before = Deno.memoryUsage().external;
  let most = 0;
  for (let i = 0; i < BUFFERS; i++) {
    new Uint8Array(BUFFER_BYTES).fill(i);
    litter.add(BUFFER_BYTES);
    if (i % 16 === 0) most = Math.max(most, Deno.memoryUsage().external - before);
  }
  return most;
}

Deno.test("Litter has buffers collected long before V8 would", () => {
  const kept = pileUp(new Litter());
  const left = pileUp({ add: () => {} });
  assert(kept < 16 * 1024 * 1024, `${kept} bytes piled up, ${left} where nobody counts`);
  assert(left > 2 * kept, `V8 lets ${left} bytes pile up by itself, and ${kept} with help`);
});
