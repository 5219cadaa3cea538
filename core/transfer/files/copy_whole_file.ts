/**
 * One file by one engine: opened, copied, checked, completed, put in place.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { SinkFile, SourceFile } from "../../fs/types.ts";
import { isUntouched } from "../../plan/compare.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import { copyContent } from "./copy_content.ts";
import { NewFile } from "./new_file.ts";
import { COPY_ATTEMPTS, countCopied, sourceChanged } from "./place_file.ts";

/** Copies a file from its start to its end. A source that changed meanwhile is copied once more. */
export function copyWhole(pair: DirectoryPair, entry: Entry): void {
  for (let attempt = 1;; attempt++) {
    try {
      const bytes = copyOnce(pair, entry);
      return countCopied(pair.engine, pair, entry, bytes);
    } catch (error) {
      if (!(error instanceof BlitError) || error.code !== "changed" || attempt === COPY_ATTEMPTS) throw error;
      const source = pair.source.statEntry(entry.name);
      if (source?.kind !== "file") throw error;
      entry = { ...entry, source };
    }
  }
}

function copyOnce(pair: DirectoryPair, entry: Entry): number {
  const source = pair.source.openFile(entry.name, entry.source);
  try {
    const file = NewFile.create(pair, entry, source.readAttributes());
    try {
      const bytes = fill(pair, entry, source, file.sink);
      file.place();
      return bytes;
    } catch (error) {
      throw file.explain(error);
    } finally {
      file.abandon();
    }
  } finally {
    source.close();
  }
}

/** Copies the content and makes sure that it is one moment of the source. */
function fill(pair: DirectoryPair, entry: Entry, source: SourceFile, sink: SinkFile): number {
  const { engine } = pair;
  const bytes = copyContent(engine, source, sink, entry.source);
  const isComplete = bytes === entry.source.size || entry.source.size === 0;
  if (!isComplete || !isUntouched(entry.source, source.stat())) {
    throw sourceChanged(engine, pair.pathOf(entry.name));
  }
  return bytes;
}
