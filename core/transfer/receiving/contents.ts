/**
 * Contents of files that were asked for as a whole: which, and what becomes of the answers.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Stat } from "../../fs/types.ts";
import type { FileDataRecord, FileEndRecord, FileHoleRecord, RequestMode, ShardRecord } from "../../wire/mod.ts";
import { shardContents } from "../../wire/mod.ts";
import { carryOut } from "../entries/carry_out.ts";
import { copyFile } from "../files/copy_file.ts";
import { sourceChanged } from "../files/place_file.ts";
import type { Engine } from "../threads/engine.ts";
import { IncomingFile } from "./incoming_file.ts";
import { askAgain, conclude, expectContent, fail, type OnUse, type Question } from "./question.ts";
import type { Requests } from "./requests.ts";

interface Pending extends Question {
  file?: IncomingFile;
}

/** Answers to requests, by request id. */
export class Contents {
  readonly #pending = new Map<number, Pending>();

  constructor(readonly engine: Engine, readonly requests: Requests, readonly onUse: OnUse) {}

  /** Files that are not done. */
  get count(): number {
    return this.#pending.size;
  }

  /** Asks. */
  ask(question: Question, mode: RequestMode): void {
    this.#pending.set(this.requests.add(question.target, mode), question);
    expectContent(this.engine, question.entry);
  }

  data({ request, offset, content }: FileDataRecord): void {
    const file = this.#begin(this.#find(request));
    file.write(offset, content);
    // Nobody waits for the rest of it: over a slow line that could take hours.
    if (file.endsRun) this.#finish(this.#take(request), () => file.finish());
  }

  hole({ request, offset, length }: FileHoleRecord): void {
    this.#begin(this.#find(request)).skip(offset, length);
  }

  /** The answer is complete. */
  end({ request, result, stat }: FileEndRecord): void {
    const pending = this.#take(request);
    if (result.kind === "whole") return this.#complete(pending);
    this.#abandon(pending, false);
    if (result.kind === "changed") return this.#onChanged(pending, stat);
    fail(pending, new BlitError(result.code, result.message));
  }

  /** Complete small files. */
  shard(shard: ShardRecord): void {
    for (const [{ request, unchanged }, content] of shardContents(shard)) {
      const pending = this.#take(request);
      if (!unchanged) {
        this.#onChanged(pending, undefined);
        continue;
      }
      const file = this.#begin(pending);
      if (content.length > 0) file.write(0, content);
      this.#complete(pending);
    }
  }

  /** The destination has the same content. */
  same(request: number): void {
    const pending = this.#take(request);
    this.#finish(pending, () => carryOut(pending.pair, pending.entry, "same"));
  }

  /** The destination has another content: that is all there is to know, or it is asked for now. */
  differs(request: number): void {
    const pending = this.#take(request);
    const { pair, entry } = pending;
    this.#finish(pending, () => {
      if (this.engine.job.mode !== "verify") return copyFile(pair, entry);
      this.engine.outbox.difference(["content"], entry.source.kind, pair.pathOf(entry.name));
    });
  }

  /**
   * Gives up whatever is unfinished.
   *
   * @param keep leave what a later run can go on with
   */
  abandon(keep: boolean): void {
    for (const pending of this.#pending.values()) this.#abandon(pending, keep);
    this.#pending.clear();
  }

  #begin(pending: Pending): IncomingFile {
    this.onUse(pending.pair);
    this.engine.at(pending.entry.name);
    return pending.file ??= new IncomingFile(pending.pair, pending.entry, pending.attributes);
  }

  #abandon({ pair, file }: Pending, keep: boolean): void {
    if (file === undefined) return;
    this.onUse(pair);
    file.abandon(keep);
  }

  /** Puts it in its place. */
  #complete(pending: Pending): void {
    conclude(pending, {
      onUse: this.onUse,
      run: () => this.#begin(pending).finish(),
      onAgain: (again) => this.ask(withoutFile(again), { kind: "whole" }),
    });
  }

  #onChanged(pending: Pending, stat: Stat | undefined): void {
    const again = askAgain(withoutFile(pending), stat);
    if (again !== undefined) return this.ask(again, { kind: "whole" });
    fail(pending, sourceChanged(this.engine, pending.pair.pathOf(pending.entry.name)));
  }

  #finish(pending: Pending, run: () => void): void {
    conclude(pending, { onUse: this.onUse, run });
  }

  #take(request: number): Pending {
    const pending = this.#find(request);
    this.#pending.delete(request);
    return pending;
  }

  #find(request: number): Pending {
    const pending = this.#pending.get(request);
    if (pending === undefined) {
      throw new BlitError("protocol", `Cannot use an answer to request ${request}: nobody asked`);
    }
    return pending;
  }
}

/** Another try begins a file of its own. */
function withoutFile({ file: _, ...question }: Pending): Question {
  return question;
}
