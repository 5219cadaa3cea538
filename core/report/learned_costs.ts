/**
 * What past runs have taught, for people: what `blit profile` shows. Pure.
 *
 * @module
 */

import type { FileSystemProfile } from "../fs/volume.ts";
import { type Coefficients, type Cost, type Costs, FARTHEST, LEAST_RUNS, type VerbClass } from "../plan/predictor.ts";

/** A cost and how far it is trusted. */
export interface TrustedCost extends Cost {
  /** Files, or bytes, up to which a prediction uses it; 0 while too few runs have taught it. */
  readonly trustedUpTo: number;
}

/** The costs of one way to work. */
export type TrustedCosts = { readonly [Name in keyof Costs]: TrustedCost };

/** What was learned about one profile. */
export interface ProfileCosts {
  readonly verbClass: VerbClass;
  readonly fileSystem: "native" | "portable";
  readonly source: FileSystemProfile;
  readonly destination: FileSystemProfile;
  readonly sameDevice: boolean;
  /** Without workers. */
  readonly alone: TrustedCosts;
  /** With workers. */
  readonly shared: TrustedCosts;
}

/** Describes what was learned, in the order in which the profiles were met first. */
export function describeCosts(coefficients: Coefficients): ProfileCosts[] {
  return [...coefficients.values()].map((learned) => ({
    ...learned,
    alone: withTrust(learned.alone),
    shared: withTrust(learned.shared),
  }));
}

function withTrust({ planningMsPerFile, copyingMsPerFile, copyingNsPerByte }: Costs): TrustedCosts {
  return {
    planningMsPerFile: trust(planningMsPerFile),
    copyingMsPerFile: trust(copyingMsPerFile),
    copyingNsPerByte: trust(copyingNsPerByte),
  };
}

function trust(cost: Cost): TrustedCost {
  return { ...cost, trustedUpTo: cost.runs < LEAST_RUNS ? 0 : cost.most * FARTHEST };
}
