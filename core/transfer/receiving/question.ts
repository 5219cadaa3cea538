/**
 * A file of the source that is asked about, from the first request to whatever becomes of it.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, Stat } from "../../fs/types.ts";
import type { RequestTarget } from "../../wire/mod.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import { COPY_ATTEMPTS } from "../files/place_file.ts";
import type { Engine } from "../threads/engine.ts";

/** A file that is asked about. */
export interface Question {
  readonly pair: DirectoryPair;
  readonly entry: Entry;
  readonly attributes: Attributes | undefined;
  readonly target: RequestTarget;
  /** 1 for the first time; a source that changed is asked again. */
  readonly attempt: number;
  /** Called once when everything about it is done, well or not. */
  readonly onDone: () => void;
}

/** Says whose directory is about to be used. */
export type OnUse = (pair: DirectoryPair) => void;

/** How a file is concluded. */
export interface ConcludeOptions<Q extends Question> {
  readonly onUse: OnUse;
  /** The last step. */
  readonly run: () => void;
  /** Asks once more where the source changed or somebody removed the temporary file. @default that is reported */
  readonly onAgain?: (again: Q) => void;
}

/** Does the last step of a file and reports what went wrong in it, unless another try may end well. */
export function conclude<Q extends Question>(question: Q, { onUse, run, onAgain }: ConcludeOptions<Q>): void {
  try {
    onUse(question.pair);
    run();
  } catch (error) {
    const isChange = error instanceof BlitError && error.code === "changed";
    const again = isChange && onAgain !== undefined ? askAgain(question, undefined) : undefined;
    if (again !== undefined) return onAgain!(again);
    return fail(question, error);
  }
  question.onDone();
}

/** Reports what went wrong in a file, and ends the question. */
export function fail({ pair, entry, onDone }: Question, error: unknown): void {
  const { engine } = pair;
  // There is nothing for the other names to link to.
  if (entry.source.nlink > 1) engine.links.forget(entry.source, pair.pathOf(entry.destinationName));
  engine.handleFailure(pair.pathOf(entry.name), error);
  onDone();
}

/** Until its content is here there is nothing for other names of a file to link to. */
export function expectContent(engine: Engine, { source }: Entry): void {
  if (source.nlink > 1) engine.links.markUnfinished(source);
}

/**
 * The question as it is to be asked again about a source that changed while it was read: once, or twice where the source said what it
 * is now. `undefined` when that is enough, or it is no file any more.
 */
export function askAgain<Q extends Question>(question: Q, stat: Stat | undefined): Q | undefined {
  const { entry, attempt } = question;
  const isFile = stat === undefined || stat.kind === "file";
  if (!isFile || attempt >= COPY_ATTEMPTS + (stat === undefined ? 0 : 1)) return undefined;
  return { ...question, entry: { ...entry, source: stat ?? entry.source }, attempt: attempt + 1 };
}
