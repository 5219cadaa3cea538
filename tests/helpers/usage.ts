/**
 * What a process holds, as Linux tells.
 *
 * @module
 */

/** Open descriptors and memory of a process. */
export interface Usage {
  readonly descriptors: number;
  readonly residentMb: number;
}

/** What a process holds now. */
export function usageOf(pid: number): Usage {
  const [, pages] = Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ").map(Number);
  return { descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length, residentMb: pages * 4096 / 2 ** 20 };
}

/** Waits until a process has no more descriptors than this; fails after 20 s. */
export async function untilDescriptors(pid: number, most: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { descriptors } = usageOf(pid);
    if (descriptors <= most) return;
    if (Date.now() > deadline) throw new Error(`It keeps ${descriptors} descriptors, ${most} are expected`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What a process has open below a path. */
export function openBelow(pid: number, path: string): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].flatMap(({ name }) => {
    try {
      const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      return target.startsWith(path) ? [target] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}
