/**
 * The way from a module's root to one of its directories, and the evidence that it leads there.
 *
 * Where a directory is a path, a process that may write on the way can put a symbolic link in the place of a directory while
 * something is done, and take it away again. Both change the directory above. So a call is made between two looks at all
 * directories on the way: when they are the same, and what they tell is old enough for any change to show, the call went
 * through these directories and through nothing else.
 *
 * @module
 */

import type { BlitError } from "../../errors.ts";
import { fsError } from "../failures.ts";
import type { Location } from "../portable_location.ts";
import { isNotFound, portableError } from "../portable_errors.ts";
import type { ModuleLock } from "./module_lock.ts";

/**
 * File systems stamp changes with the time of the last tick of a clock (1 to 10 ms), and while a virtual machine is held
 * up the clock may miss five of them. After a sleep of this length it has moved on.
 */
export const STILL_MS = 60;
/** Nobody misses a tick for so long: what is older needs no sleep. */
const OLD_MS = 2000;
/** Something on the way changed while a call was made: it is made again, so many times at most. */
const MOST_TRIES = 5;

const SHARED_WRITE = 0o022;
const STICKY = 0o1000;
const isUnix = Deno.build.os !== "windows";

/** What a {@linkcode Way} needs beside its paths. */
export interface WayOptions {
  readonly lock: ModuleLock;
  /** How long a call may block its thread until the directories on the way stand still. */
  readonly longestWaitMs: number;
}

/** From the module's root to the directory itself. */
type Look = readonly Deno.FileInfo[];

/** Something that changes names. */
export interface Change<T> {
  readonly action: string;
  /** Other sessions may look and act meanwhile: what it does makes no directory and no link, and removes none. */
  readonly isShared?: boolean;
  /** What it begins with exists here and nowhere else: when it succeeds it was done here. @default {false} */
  readonly isOnlyHere?: boolean;
  act(): T;
  /** Whether it was done here; asked where something on the way changed meanwhile. @default {never} */
  isDone?(value: T): boolean;
  /**
   * Undoes what was done elsewhere, or might have been. The way may lead anywhere now, and back while it is undone, so nothing
   * but what was done may be touched. Tried again for a moment while it returns `false`.
   */
  undo?(value: T): boolean;
}

/** One way, with its evidence. */
export class Way {
  readonly #paths: readonly string[];
  readonly #location: Location;
  readonly #options: WayOptions;
  /** The last look that says enough. */
  #evidence: Look | undefined;
  /** Until there is one. It lasts from one call to the next, so that nobody has to wait within a call. */
  #proving: Proving | undefined;

  /** @param paths canonical: the root, then each directory below the one before, at last that of `location` */
  constructor(paths: readonly string[], location: Location, options: WayOptions) {
    this.#paths = paths;
    this.#location = location;
    this.#options = options;
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  /** The directory itself, as it was when there was evidence last. */
  get directory(): Deno.FileInfo | undefined {
    return this.#evidence?.at(-1);
  }

  /** Whether others than this user and the administrator can replace a directory on the way. */
  get isLoose(): boolean {
    const look = this.#evidence;
    return look === undefined || look.some((_, i) => i < look.length - 1 && !isFirm(look, i));
  }

  /**
   * Makes sure that there is evidence, blocking this thread while directories on the way change. Without leave to wait it is
   * one look; called again after {@linkcode STILL_MS}, it goes on from there.
   *
   * @throws {BlitError} "loop" for a symbolic link on the way, "changed" where it does not stand still
   */
  prove(action: string): void {
    const startedMs = performance.now();
    while (!this.#accepts(action)) {
      const leftMs = this.#options.longestWaitMs - (performance.now() - startedMs);
      if (leftMs <= 0) throw this.#neverStill(action);
      sleep(Math.min(STILL_MS, leftMs));
    }
  }

  /** Whether the evidence still holds. To be asked within a section. */
  holds(): boolean {
    const { lock } = this.#options;
    let look: Look;
    try {
      look = this.#look("inspect");
    } catch {
      return false; // something else is there now
    }
    const known = this.#evidence;
    const isSame = (info: Deno.FileInfo, i: number): boolean =>
      isSameDirectory(info, known![i]) &&
      (i === look.length - 1 || hasSameStamps(info, known![i]) ||
        lock.hasChangedLately && isFirm(look, i) && isFirm(known!, i));
    return known !== undefined && look.every(isSame);
  }

  /**
   * Makes a call that changes nothing, until its result certainly comes from this directory.
   *
   * @param drop gives back a result that is not used
   */
  read<T>(action: string, call: () => T, drop: (value: T) => void = () => {}): T {
    for (let i = 0; i < MOST_TRIES; i++) {
      this.prove(action);
      const result = this.#options.lock.shared(() => {
        const outcome = attempt(call);
        if (this.holds()) return outcome;
        if ("value" in outcome) drop(outcome.value);
        return undefined;
      });
      if (result !== undefined) return valueOf(result);
      this.#evidence = undefined;
    }
    throw this.#neverStill(action);
  }

  /** Makes a call that changes something here, and undoes what it did elsewhere. */
  change<T>(change: Change<T>): T {
    const { action, isShared = false, isOnlyHere = false, act } = change;
    const { lock } = this.#options;
    for (let i = 0; i < MOST_TRIES; i++) {
      this.prove(action);
      const section = (): { value: T; isSure: boolean } | undefined => {
        if (!this.holds()) return undefined;
        lock.noteChange();
        const value = act();
        lock.noteChange();
        return { value, isSure: isOnlyHere || this.holds() };
      };
      const result = isShared ? lock.shared(section) : lock.exclusive(section);
      if (result?.isSure) return result.value;
      this.#evidence = undefined;
      if (result !== undefined) return this.#settle(change, result.value);
    }
    throw this.#neverStill(action);
  }

  /** Something on the way changed while it was done: looks where it was done. */
  #settle<T>({ action, isDone = () => false, undo = () => true }: Change<T>, value: T): T {
    if (this.#isHere(action, () => isDone(value))) return value;
    tryForAMoment(() => undo(value));
    const reason = "a directory on the way was replaced meanwhile";
    throw fsError("changed", action, this.#location.shown, undefined, { reason });
  }

  /** Whether something is so here, as soon as that can be told; `false` where it never can. */
  #isHere(action: string, ask: () => boolean): boolean {
    const endMs = performance.now() + this.#options.longestWaitMs;
    for (;;) {
      try {
        return this.read(action, ask);
      } catch {
        // A link is there now, or nothing is: who put it there may take it away again.
        if (performance.now() > endMs) return false;
        sleep(STILL_MS);
      }
    }
  }

  #accepts(action: string): boolean {
    if (this.#evidence !== undefined) return true;
    const look = this.#look(action);
    this.#proving ??= new Proving(this.#options);
    if (!this.#proving.isEnough(look)) return false;
    this.#evidence = look;
    this.#proving = undefined;
    return true;
  }

  #look(action: string): Look {
    return this.#paths.map((path) => {
      let info: Deno.FileInfo;
      try {
        info = Deno.lstatSync(path);
      } catch (error) {
        if (isNotFound(error)) throw fsError("not-found", action, this.#location.shown, error);
        throw portableError(error, action, this.#location.shown);
      }
      if (info.isDirectory) return info;
      const reason = { reason: "a symbolic link is on the way" };
      if (info.isSymlink) throw fsError("loop", action, this.#location.shown, undefined, reason);
      throw fsError("not-directory", action, this.#location.shown);
    });
  }

  #neverStill(action: string): BlitError {
    const reason = "the directories above it change all the time, which needs the native file system";
    return fsError("changed", action, this.#location.shown, undefined, { reason });
  }
}

/** Looks one after the other, until one is enough. */
class Proving {
  readonly #lock: ModuleLock;
  #first: Look | undefined;
  #sinceMs = 0;

  constructor({ lock }: WayOptions) {
    this.#lock = lock;
  }

  /** Whether every change from now on would show in the stamps of this look. */
  isEnough(look: Look): boolean {
    const nowMs = performance.now();
    const first = this.#first;
    if (first === undefined || !look.every((info, i) => hasSameStamps(info, first[i]))) {
      this.#first = look;
      this.#sinceMs = nowMs;
    }
    const wasStill = nowMs - this.#sinceMs >= STILL_MS;
    const time = Date.now();
    return look.every((info, i) => {
      if (i === look.length - 1) return true; // names in the directory itself may change
      const ageMs = time - changedMs(info, time);
      if (ageMs > OLD_MS || wasStill && ageMs > STILL_MS) return true;
      // We have changed something ourselves, and others cannot.
      return this.#lock.hasChangedLately && isFirm(look, i);
    });
  }
}

/**
 * When names in a directory changed last, at the latest. The modification time, in milliseconds, can be set back by the owner.
 * The change time cannot, but Deno cuts it to seconds; it is for directories of others.
 */
function changedMs(info: Deno.FileInfo, nowMs: number): number {
  const { mtime, ctime, uid } = info;
  if (mtime !== null && isTrusted(uid) && mtime.getTime() <= nowMs) return mtime.getTime();
  return ctime === null ? NaN : ctime.getTime() + 999; // NaN is never old
}

/** Whether only this user and the administrator can put something else in the place of the next directory. */
function isFirm(look: Look, i: number): boolean {
  if (!isUnix) return true; // nothing is known of it there
  const { uid, mode } = look[i];
  if (!isTrusted(uid) || mode === null) return false;
  return (mode & SHARED_WRITE) === 0 || (mode & STICKY) !== 0 && isTrusted(look[i + 1].uid);
}

let ownUid = askOwnUid();

/** Learns whom this process runs as from something that it has just created, where asking is not allowed. */
export function learnOwnUid(owner: () => number): void {
  if (isUnix) ownUid ??= owner();
}

function isTrusted(uid: number | null): boolean {
  return uid === null ? !isUnix : uid === 0 || uid === ownUid;
}

function askOwnUid(): number | undefined {
  try {
    return Deno.uid() ?? undefined;
  } catch {
    return undefined; // asking is not allowed: until it is learned only the administrator is trusted
  }
}

function isSameDirectory(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function hasSameStamps(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return isSameDirectory(a, b) && a.mtime?.getTime() === b.mtime?.getTime() &&
    a.ctime?.getTime() === b.ctime?.getTime();
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

function attempt<T>(call: () => T): Outcome<T> {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** How long something is tried whose chance comes and goes within microseconds. */
const MOMENT_MS = 200;

/** Tries until it works or a moment has passed; whether it worked. What is thrown is no success. */
export function tryForAMoment(action: () => boolean): boolean {
  const endMs = performance.now() + MOMENT_MS;
  do {
    const outcome = attempt(action);
    if ("value" in outcome && outcome.value) return true;
  } while (performance.now() < endMs);
  return false;
}
