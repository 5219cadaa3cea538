/**
 * Files that are resumed: hashed part by part, asked for as far as they differ, and put in place.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Stat } from "../../fs/types.ts";
import type { Xxh128 } from "../../hash/xxh128.ts";
import { isUntouched } from "../../plan/compare.ts";
import type { FileDataRecord, FileEndRecord, FileHoleRecord } from "../../wire/mod.ts";
import { carryOut } from "../entries/carry_out.ts";
import { KEPT_BYTES } from "../files/kept_file.ts";
import { sourceChanged } from "../files/place_file.ts";
import type { Engine } from "../threads/engine.ts";
import type { Contents } from "./contents.ts";
import { askAgain, conclude, expectContent, type OnUse, type Question } from "./question.ts";
import type { Requests } from "./requests.ts";
import { type Part, ResumedFile } from "./resumed_file.ts";

/** Files that are resumed at once: each has an open handle, and what waits for answers keeps a slow link busy. */
const MOST_FILES = 64;
/** Bytes of hashes on their way at once; a source takes four times as much from all lanes together. */
const MOST_HASH_BYTES = 4 * 1024 * 1024;

/** What they work with. */
export interface ResumptionsOptions {
  readonly engine: Engine;
  readonly requests: Requests;
  /** Asks for what is to be sent whole after all. */
  readonly contents: Contents;
  readonly hash: Xxh128;
  readonly onUse: OnUse;
}

/** A file that is resumed. */
interface Resuming {
  readonly question: Question;
  /** It was compared, and may turn out to be the same. */
  readonly isCompared: boolean;
  file?: ResumedFile;
  unanswered: number;
  /** Nothing more will be asked. */
  isAsked: boolean;
  /** What went wrong first. */
  failure?: { readonly error: unknown };
  changed?: { readonly stat: Stat | undefined };
}

interface Asked extends Part {
  readonly resuming: Resuming;
  readonly hashBytes: number;
}

/** All of a lane. */
export class Resumptions {
  readonly #options: ResumptionsOptions;
  readonly #all = new Set<Resuming>();
  #waiting: Resuming[] = [];
  /** The one that is being hashed. */
  #current: Resuming | undefined;
  readonly #parts = new Map<number, Asked>();
  #begun = 0;
  #hashBytes = 0;

  constructor(options: ResumptionsOptions) {
    this.#options = options;
  }

  /** Files that are not done. */
  get count(): number {
    return this.#all.size;
  }

  /** Whether there is something to hash now; otherwise answers have to come first. */
  get canStep(): boolean {
    if (this.#hashBytes >= MOST_HASH_BYTES) return false;
    return this.#current !== undefined || (this.#waiting.length > 0 && this.#begun < MOST_FILES);
  }

  /** Has a file resumed when it is its turn. */
  add(question: Question, { isCompared }: { isCompared: boolean }): void {
    const resuming = { question, isCompared, unanswered: 0, isAsked: false };
    this.#all.add(resuming);
    this.#waiting.push(resuming);
    expectContent(this.#options.engine, question.entry);
  }

  /** Hashes a part of a file and asks for what differs: a few milliseconds of work. */
  step(): void {
    const { engine, hash, onUse, requests } = this.#options;
    const resuming = this.#current ??= this.#next();
    const { question } = resuming;
    try {
      onUse(question.pair);
      engine.at(question.entry.name);
      const isBroken = resuming.failure !== undefined || resuming.changed !== undefined;
      const file = resuming.file ??= ResumedFile.begin(question);
      const next = isBroken ? undefined : file.next(hash);
      if (next !== undefined) {
        const hashBytes = next.mode.kind === "blocks" ? next.mode.hashes.length : 0;
        this.#hashBytes += hashBytes;
        resuming.unanswered++;
        this.#parts.set(requests.add(question.target, next.mode), { ...next.part, resuming, hashBytes });
        return;
      }
    } catch (error) {
      // What was interrupted stays for a later run.
      if (engine.stopped) return;
      resuming.failure ??= { error };
    }
    resuming.isAsked = true;
    this.#current = undefined;
    this.#finishIfDone(resuming);
  }

  /** Whether a request is one of these. */
  has(request: number): boolean {
    return this.#parts.has(request);
  }

  data({ request, offset, content }: FileDataRecord): void {
    const part = this.#use(request);
    part.resuming.file!.write(part, offset, content);
  }

  hole({ request, offset, length }: FileHoleRecord): void {
    const part = this.#use(request);
    part.resuming.file!.skip(part, offset, length);
  }

  /** An answer is complete. */
  end({ request, result, stat }: FileEndRecord): void {
    const part = this.#use(request);
    this.#parts.delete(request);
    this.#hashBytes -= part.hashBytes;
    const { resuming } = part;
    resuming.unanswered--;
    const { source } = resuming.question.entry;
    if (result.kind === "failed") resuming.failure ??= { error: new BlitError(result.code, result.message) };
    // Each part is one moment of the source. Together they are only if it is the same moment.
    else if (result.kind === "changed" || (stat !== undefined && !isUntouched(source, stat))) {
      resuming.changed ??= { stat };
    } else if (part.isWhole && part.position !== part.end) resuming.changed ??= { stat: undefined };
    this.#finishIfDone(resuming);
  }

  /**
   * Gives up whatever is unfinished.
   *
   * @param keep leave what a later run can go on with
   */
  abandon(keep: boolean): void {
    for (const { question, file } of this.#all) {
      if (file === undefined) continue;
      this.#options.onUse(question.pair);
      file.abandon(keep);
    }
    this.#all.clear();
    this.#parts.clear();
  }

  #next(): Resuming {
    this.#begun++;
    return this.#waiting.shift()!;
  }

  #use(request: number): Asked {
    const part = this.#parts.get(request)!;
    const { pair, entry } = part.resuming.question;
    this.#options.onUse(pair);
    this.#options.engine.at(entry.name);
    return part;
  }

  #finishIfDone(resuming: Resuming): void {
    if (!resuming.isAsked || resuming.unanswered > 0) return;
    this.#all.delete(resuming);
    this.#begun--;
    const { question, isCompared, file, failure, changed } = resuming;
    if (failure === undefined && changed !== undefined && this.#startAgain(resuming, changed.stat)) return;
    const { onUse, engine } = this.#options;
    if (failure === undefined && changed === undefined) {
      const onAgain = (again: Question): void => this.#ask(again, isCompared);
      return conclude(question, { onUse, run: () => this.#complete(resuming), onAgain });
    }
    conclude(question, {
      onUse,
      run: () => {
        file?.abandon(false);
        throw failure === undefined ? sourceChanged(engine, question.pair.pathOf(question.entry.name)) : failure.error;
      },
    });
  }

  /** Goes on with what there is by now. Returns whether that is worth another try. */
  #startAgain({ question, isCompared, file }: Resuming, stat: Stat | undefined): boolean {
    const again = askAgain(question, stat);
    if (again === undefined) return false;
    this.#options.onUse(question.pair);
    file?.abandon(true);
    this.#ask(again, isCompared);
    return true;
  }

  #ask(again: Question, isCompared: boolean): void {
    if (again.entry.source.size < KEPT_BYTES) this.#options.contents.ask(again, { kind: "whole" });
    else this.add(again, { isCompared });
  }

  #complete({ question: { pair, entry }, isCompared, file }: Resuming): void {
    if (!isCompared || !file!.isUnchanged) return file!.finish();
    file!.abandon(false);
    carryOut(pair, entry, "same");
  }
}
