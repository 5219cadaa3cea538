/**
 * A place for trees and one for histories, for tests.
 *
 * @module
 */

import { openPlace } from "../places.ts";
import type { SittingContext } from "../sitting.ts";

/** Two directories of their own, on whatever file system there is. */
export async function withPlace(run: (context: SittingContext, directory: string) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${parent}/place`);
    await using place = await openPlace(`${parent}/place`);
    const { signal } = new AbortController();
    await run({ place, env: {}, onProgress: () => {}, signal }, `${parent}/config`);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}
