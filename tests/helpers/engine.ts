/**
 * The library, in the ways in which the tests call it.
 *
 * @module
 */

import {
  BlitError,
  copy,
  type CopyOptions,
  type ErrorCode,
  mirror,
  type MirrorOptions,
  type TransferEvent,
  type TransferSummary,
} from "../../mod.ts";
import { changedAnything } from "../../core/events.ts";
import { assertEquals } from "./assert.ts";
import { has } from "./needs.ts";

/** One way to carry out a run. */
export interface Variant {
  name: string;
  fileSystem: "native" | "portable";
  workers: number;
}

/** Every worker count with the native file system. */
export const nativeVariants: readonly Variant[] = [0, 1, 2, 4].map((workers) => ({
  name: `native with ${workers} workers`,
  fileSystem: "native",
  workers,
}));

/** Every worker count with the portable file system. */
export const portableVariants: readonly Variant[] = [0, 1, 2, 4].map((workers) => ({
  name: `portable with ${workers} workers`,
  fileSystem: "portable",
  workers,
}));

/** Every variant that this machine can run. */
export const allVariants: readonly Variant[] = [...(has("native") ? nativeVariants : []), ...portableVariants];

/** Copies the contents of a directory and fails unless everything was copied. */
export async function copyAll(
  source: string,
  destination: string,
  options: CopyOptions = {},
): Promise<TransferSummary> {
  const summary = await copy(`${source}/`, destination, options);
  assertComplete(summary);
  return summary;
}

/** Mirrors the contents of a directory and fails unless everything was copied. */
export async function mirrorAll(
  source: string,
  destination: string,
  options: MirrorOptions = {},
): Promise<TransferSummary> {
  const summary = await mirror(`${source}/`, destination, options);
  assertComplete(summary);
  return summary;
}

/** Fails unless the run did everything it was asked. */
export function assertComplete(summary: TransferSummary): void {
  assertEquals(summary.failures.map(({ message }) => message).slice(0, 10), []);
  assertEquals([summary.failed, summary.status], [0, "done"]);
}

/** Fails unless the run found nothing to do. */
export function assertNothingDone(summary: TransferSummary): void {
  assertComplete(summary);
  assertEquals(changedAnything(summary), false, `something was done: ${JSON.stringify(summary)}`);
  assertEquals(summary.bytesCopied, 0);
}

/** What a run does to entries, as sorted lines, so that two runs compare whatever their order. */
export function entryLines(events: readonly TransferEvent[]): string[] {
  return events.filter((event) => event.type === "entry")
    .map((event) => `${event.action} ${event.kind} ${event.pathBase64 ?? event.path}`).sort();
}

/** The code of what a run was rejected with; anything but a `BlitError` is thrown on. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof BlitError) return error.code;
  throw error;
}
