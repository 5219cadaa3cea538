/**
 * From samples of the variants to what the choices of Blit are worth.
 *
 * @module
 */

import type { Choice } from "../runner.ts";
import { pairRounds, type Samples, type Spread, summarize } from "../statistics.ts";
import { type ExperienceName, FIXED_WORKERS, type FixedName, type VariantName } from "./variants.ts";

/** What a warm run may take of the time of the best fixed choice. */
export const MOST_OF_BEST_FIXED = 1.05;
/** What a warm run may take of the time of a cold one. */
export const MOST_OF_COLD = 1.03;

const EXPERIENCES: readonly ExperienceName[] = ["cold", "warm100"];
const FIXED = Object.keys(FIXED_WORKERS) as FixedName[];

/** One variant of one piece of work. Ratios are medians of the rounds' ratios. */
export interface VariantRow {
  variant: VariantName;
  wallMs?: Spread;
  /** User and system time. */
  cpuMs?: Spread;
  /** Until the run could begin to copy: looking at the source and at past runs is part of it. */
  planningMs?: Spread;
  /** Time divided by that of the best fixed variant. */
  ofBestFixed?: Spread;
  /** Time divided by that without a history. */
  ofCold?: Spread;
  /** Time divided by that of the fixed variant with as many workers: what choosing costs, and how much is noise. */
  ofSameChoice?: Spread;
  /** What the runs chose, the most frequent first. */
  choices: ChosenWay[];
  /** The first thing that went wrong, and in how many rounds something did. */
  problem?: string;
  failedRounds: number;
}

/** What some runs chose. */
export interface ChosenWay extends Pick<Choice, "route" | "workers"> {
  /** How many runs. */
  runs: number;
}

/** One of the lines to hold. */
export interface Line {
  variant: ExperienceName;
  against: "best fixed" | "cold";
  atMost: number;
  /** Absent when there is nothing to compare. */
  value?: Spread;
  met?: boolean;
}

/** What was found for one piece of work. */
export interface Comparison {
  rows: VariantRow[];
  /** The fixed variant with the smallest median; chosen after the fact, so it is also the luckiest. */
  bestFixed?: FixedName;
  lines: Line[];
}

/** Compares the variants, in the order of `variants`. */
export function compareVariants(variants: readonly VariantName[], samples: Samples<VariantName>): Comparison {
  const bestFixed = findBestFixed(samples);
  return {
    rows: variants.map((variant) => makeRow(variant, samples, bestFixed)),
    ...(bestFixed === undefined ? {} : { bestFixed }),
    lines: EXPERIENCES.filter((name) => name !== "cold").flatMap((name) => [
      makeLine(name, "best fixed", MOST_OF_BEST_FIXED, bestFixed && divide(samples, name, bestFixed)),
      makeLine(name, "cold", MOST_OF_COLD, divide(samples, name, "cold")),
    ]),
  };
}

function makeRow(variant: VariantName, samples: Samples<VariantName>, bestFixed: FixedName | undefined): VariantRow {
  const all = samples[variant] ?? [];
  const good = all.filter(({ problem }) => !problem);
  const carriedOut = good.flatMap(({ choice }) => choice ?? []);
  const choices = countChoices(carriedOut);
  const same = EXPERIENCES.some((name) => name === variant) ? findSameChoice(choices) : undefined;
  return {
    variant,
    wallMs: summarize(good.map(({ wallMs }) => wallMs)),
    cpuMs: summarize(good.flatMap(({ cpuMs }) => cpuMs ?? [])),
    planningMs: summarize(carriedOut.map(({ planningMs }) => planningMs)),
    ofBestFixed: bestFixed && divide(samples, variant, bestFixed),
    ofCold: divide(samples, variant, "cold"),
    ofSameChoice: same && divide(samples, variant, same),
    choices,
    problem: all.find(({ problem }) => problem)?.problem,
    failedRounds: all.length - good.length,
  };
}

function divide(samples: Samples<VariantName>, variant: VariantName, by: VariantName): Spread | undefined {
  return pairRounds(samples[variant], samples[by], (mine, theirs) => mine / theirs);
}

function makeLine(variant: ExperienceName, against: Line["against"], atMost: number, value: Spread | undefined): Line {
  const line = { variant, against, atMost };
  return value === undefined ? line : { ...line, value, met: value.median <= atMost };
}

function findBestFixed(samples: Samples<VariantName>): FixedName | undefined {
  const medians = FIXED.flatMap((name) => {
    const good = (samples[name] ?? []).filter(({ problem }) => !problem);
    const spread = summarize(good.map(({ wallMs }) => wallMs));
    return spread === undefined ? [] : [{ name, ms: spread.median }];
  });
  return medians.toSorted((a, b) => a.ms - b.ms)[0]?.name;
}

function countChoices(choices: readonly Choice[]): ChosenWay[] {
  const groups = Map.groupBy(choices, ({ route, workers }) => `${route} ${workers}`).values();
  return Array.from(groups, (group) => ({ route: group[0].route, workers: group[0].workers, runs: group.length }))
    .sort((a, b) => b.runs - a.runs);
}

/** The fixed variant that works as all runs chose to. */
function findSameChoice(choices: readonly ChosenWay[]): FixedName | undefined {
  const workers = new Set(choices.map(({ workers }) => workers));
  return workers.size === 1 ? FIXED.find((name) => workers.has(FIXED_WORKERS[name])) : undefined;
}
