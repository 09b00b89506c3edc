/** Owns the schedule of attempts: how often something is tried, and how long to pause between. */
import {
  checkDuration,
  checkOptions,
  checkWhole,
  invalidArgument,
  invalidNumber,
} from "../validate.js";

/**
 * How pauses are spread by chance, so that many callers that failed together do not come back together.
 * The chance is the runtime's seeded stream.
 *
 * - `full`: from nothing to the whole pause. The calls then spread best (*Exponential Backoff And
 *   Jitter*, AWS Architecture Blog, 2015).
 * - `half`: over the upper half, elsewhere called equal jitter: never shorter than half the pause.
 * - `none`: not at all.
 */
export type Jitter = "full" | "half" | "none";

/** How long to pause between attempts: pauses that grow, up to the longest. */
export interface Pauses {
  /** Milliseconds of the first pause; finite, at least 0. Default 100. */
  readonly pauseMs?: number;
  /** By what each pause is longer than the one before; finite, at least 1. Default 2; 1 keeps it. */
  readonly factor?: number;
  /** Milliseconds of the longest pause; finite, at least 0. Default 30,000. */
  readonly pauseMaxMs?: number;
  /** Default `full`. */
  readonly jitter?: Jitter;
}

/** How often something is tried, and how long to pause between. */
export interface Schedule extends Pauses {
  /** Attempts at most, the first included: whole, at least 1, or `Infinity`. Default 3. */
  readonly attempts?: number;
  /**
   * Milliseconds from the begin of the first attempt after which no other one begins; finite, at
   * least 0. It does not cut short an attempt that runs: for that there is `cx.timeout`, around each
   * attempt or around all of them. Default: none.
   */
  readonly limitMs?: number;
}

/** A checked schedule, with nothing left out. */
export type CheckedSchedule = Required<Schedule>;

/** The options of {@link Pauses}. */
export const PAUSES_OPTIONS = [
  "pauseMs",
  "factor",
  "pauseMaxMs",
  "jitter",
] as const satisfies readonly (keyof Pauses)[];

/** The options of {@link Schedule}, for those who add theirs to them. */
export const SCHEDULE_OPTIONS = [
  ...PAUSES_OPTIONS,
  "attempts",
  "limitMs",
] as const satisfies readonly (keyof Schedule)[];

const ATTEMPTS = 3;
const FACTOR = 2;
const PAUSE_MS = 100;
/** Longer, and a person has given up. */
const PAUSE_MAX_MS = 30_000;

const JITTERS: readonly unknown[] = ["full", "half", "none"] satisfies Jitter[];

/**
 * Checks a schedule, and fills in what was left out.
 *
 * @param what What it is, for the error.
 * @param known The names of all options, if there may be more than those of a schedule.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function decodeSchedule(
  schedule: Schedule | undefined,
  what: string,
  known: readonly string[] = SCHEDULE_OPTIONS,
): CheckedSchedule {
  checkOptions(schedule, known, what);
  const {
    attempts = ATTEMPTS,
    pauseMs = PAUSE_MS,
    factor = FACTOR,
    pauseMaxMs = PAUSE_MAX_MS,
    jitter = "full",
    limitMs,
  } = schedule ?? {};
  if (attempts !== Number.POSITIVE_INFINITY) {
    checkWhole(attempts, 1, Number.MAX_SAFE_INTEGER, "attempts");
  }
  if (typeof factor !== "number" || !(factor >= 1 && factor <= Number.MAX_VALUE)) {
    throw invalidNumber(factor, "a finite number from 1 as factor");
  }
  if (!JITTERS.includes(jitter)) {
    const mend = "pass one of the three or leave it out";
    throw invalidArgument(jitter, '"full", "half" or "none" as jitter', mend);
  }
  return {
    attempts,
    pauseMs: checkDuration(pauseMs, "pauseMs"),
    factor,
    pauseMaxMs: checkDuration(pauseMaxMs, "pauseMaxMs"),
    jitter,
    limitMs: limitMs === undefined ? Number.POSITIVE_INFINITY : checkDuration(limitMs, "limitMs"),
  };
}

/**
 * The pause after so many failures in a row, in milliseconds. Pure.
 *
 * @param failures At least 1.
 * @param random From 0 up to 1, of which every value is as likely: `cx.random()`.
 */
export function pauseAfter(
  { pauseMs, factor, pauseMaxMs, jitter }: Required<Pauses>,
  failures: number,
  random: number,
): number {
  // Bounded first: nothing times infinity is no number.
  const growth = Math.min(factor ** (failures - 1), Number.MAX_VALUE);
  const whole = Math.min(pauseMs * growth, pauseMaxMs);
  if (jitter === "none") return whole;
  return jitter === "full" ? whole * random : whole - (whole / 2) * random;
}

/**
 * The pause before the next attempt, in milliseconds; undefined when there is to be none. Pure.
 *
 * @param failures Attempts so far, of which all have failed; at least 1.
 * @param elapsedMs Milliseconds since the first attempt began.
 * @param random As for {@link pauseAfter}.
 */
export function nextPause(
  schedule: CheckedSchedule,
  failures: number,
  elapsedMs: number,
  random: number,
): number | undefined {
  if (failures >= schedule.attempts) return undefined;
  const pause = pauseAfter(schedule, failures, random);
  return elapsedMs + pause > schedule.limitMs ? undefined : pause;
}
