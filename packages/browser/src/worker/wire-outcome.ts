/** Owns how outcomes and close reports cross between page and worker. */
import type { Outcome, PanicInfo } from "../outcome.js";
import { SUPPRESSED_MAX } from "../outcome.js";
import type { CloseReport, Leaked, Revoked } from "../report.js";
import {
  decodeCancel,
  decodeThrown,
  encodeCancel,
  encodeThrown,
  type WireCancel,
  type WireThrown,
} from "./wire-error.js";

/** An outcome, as it is posted. */
export type WireOutcome =
  | { readonly kind: "ok"; readonly value: unknown }
  | {
      readonly kind: "err";
      readonly error: WireThrown;
      readonly suppressed: readonly WireThrown[];
    }
  | { readonly kind: "cancelled"; readonly cancel: WireCancel }
  | {
      readonly kind: "panicked";
      readonly message: string;
      readonly during: string;
      readonly error: WireThrown;
    };

/** A close report, as it is posted. */
export interface WireReport extends Omit<CloseReport, "failures"> {
  readonly failures: readonly WireThrown[];
}

export function encodeOutcome(outcome: Outcome<unknown>): WireOutcome {
  switch (outcome.kind) {
    case "ok":
      return { kind: "ok", value: outcome.value };
    case "err": {
      const suppressed = (outcome.suppressed ?? []).map(encodeThrown);
      return { kind: "err", error: encodeThrown(outcome.error), suppressed };
    }
    case "cancelled":
      return { kind: "cancelled", cancel: encodeCancel(outcome.cancel) };
    case "panicked": {
      const { message, during, error } = outcome.panic;
      return { kind: "panicked", message, during, error: encodeThrown(error) };
    }
  }
}

/** The outcome again; undefined if `wire` is none. */
export function decodeOutcome(wire: unknown): Outcome<unknown> | undefined {
  if (!isObject(wire)) return undefined;
  switch (wire.kind) {
    case "ok":
      return Object.freeze({ kind: "ok", value: wire.value });
    case "err": {
      const error = decodeThrown(wire.error);
      const suppressed = decodeList(wire.suppressed, SUPPRESSED_MAX);
      if (error === undefined || suppressed === undefined) return undefined;
      const rest = suppressed.length > 0 ? { suppressed: Object.freeze(suppressed) } : {};
      return Object.freeze({ kind: "err", error: error.thrown, ...rest });
    }
    case "cancelled": {
      const cancel = decodeCancel(wire.cancel);
      return cancel === undefined ? undefined : Object.freeze({ kind: "cancelled", cancel });
    }
    case "panicked": {
      const error = decodeThrown(wire.error);
      const { message, during } = wire;
      if (error === undefined || typeof message !== "string" || !isPlace(during)) return undefined;
      const panic: PanicInfo = Object.freeze({ message, error: error.thrown, during });
      return Object.freeze({ kind: "panicked", panic });
    }
    default:
      return undefined;
  }
}

export function encodeReport(report: CloseReport): WireReport {
  return { ...report, failures: report.failures.map(encodeThrown) };
}

/** Entries of each list of a report. */
const ENTRIES_MAX = 100;

/** The report again; undefined if `wire` is none. */
export function decodeReport(wire: unknown): CloseReport | undefined {
  if (!isObject(wire)) return undefined;
  const { outcome, durationMs, cancelled, revoked, leaked } = wire;
  const failures = decodeList(wire.failures, ENTRIES_MAX);
  const isWhole =
    (outcome === "clean" || outcome === "violations") &&
    typeof durationMs === "number" &&
    typeof cancelled === "number" &&
    areEntries(revoked) &&
    areEntries(leaked) &&
    failures !== undefined;
  if (!isWhole) return undefined;
  return {
    outcome,
    durationMs,
    cancelled,
    revoked: revoked as unknown as readonly Revoked[],
    leaked: leaked as unknown as readonly Leaked[],
    failures,
  };
}

function areEntries(list: unknown): list is readonly Fields[] {
  return (
    Array.isArray(list) &&
    list.length <= ENTRIES_MAX &&
    list.every(
      (entry) =>
        isObject(entry) && typeof entry.kind === "string" && typeof entry.label === "string",
    )
  );
}

function decodeList(list: unknown, max: number): unknown[] | undefined {
  if (!Array.isArray(list) || list.length > max) return undefined;
  const all: unknown[] = [];
  for (const wire of list as unknown[]) {
    const decoded = decodeThrown(wire);
    if (decoded === undefined) return undefined;
    all.push(decoded.thrown);
  }
  return all;
}

function isPlace(during: unknown): during is PanicInfo["during"] {
  return during === "finalizer" || during === "end" || during === "kernel";
}

interface Fields {
  readonly [key: string]: unknown;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
