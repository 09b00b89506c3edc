/** Owns the corpus as the tests here read it: scenarios and golden files, by name. */
/// <reference types="vite/client" />
import * as abi from "../../src/abi.gen.js";
import type { KernelConfig } from "../../src/index.js";

/** Reactions of a body by what it reacts to, each a list of lines. */
export type Body = Readonly<Record<string, readonly string[]>>;

/** One file of `parity/scenarios`; `parity/README.md` says what each part means. */
export interface Scenario {
  readonly concepts: readonly string[];
  readonly config?: Readonly<Record<string, number | string>>;
  readonly seeds?: readonly number[];
  readonly bodies?: Readonly<Record<string, Body>>;
  readonly steps: readonly string[];
  readonly expect: {
    readonly outcomes?: Readonly<Record<string, string>>;
    readonly counts?: Readonly<Record<string, number>>;
  };
  readonly log?: boolean;
}

/** What one run gave; its parts are those of a golden file. */
export interface Run {
  readonly seed: number;
  readonly outcomes: Readonly<Record<string, string>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly quiescent: boolean;
  readonly certificate: string;
  readonly fingerprint: string;
  readonly trace: string;
  readonly log: readonly string[];
}

const ROOM = "../../../../parity";

export const scenarios = byName<Scenario>(
  import.meta.glob("../../../../parity/scenarios/*.json", { eager: true, import: "default" }),
  `${ROOM}/scenarios/`,
);

export const golden = byName<{ readonly runs: readonly Run[] }>(
  import.meta.glob("../../../../parity/golden/*.json", { eager: true, import: "default" }),
  `${ROOM}/golden/`,
);

function byName<T>(files: Record<string, unknown>, folder: string): ReadonlyMap<string, T> {
  const named = Object.entries(files).map(([file, content]): [string, T] => [
    file.slice(folder.length, -".json".length),
    content as T,
  ]);
  return new Map(named);
}

/** Virtual time stands still within a turn, so a slice ends only where a scenario asks for it. */
const DEFAULT_CONFIG = { drainMs: 5_000, sliceMs: 1e9, traceCapacity: 4_096 } as const;

/** The configuration of a run. */
export function configOf(scenario: Scenario, seed: number, tag: number): KernelConfig {
  const asked = Object.entries(scenario.config ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? codeOf(value) : value,
  ]);
  return { ...DEFAULT_CONFIG, seed, tag, ...Object.fromEntries(asked) };
}

type Group = Readonly<Record<string, number>>;
const GROUPS = abi as unknown as Readonly<Record<string, Group>>;

/** The code that `Group.name` names, if it does. */
export function codeOf(name: string): number | undefined {
  const [group, entry] = name.split(".");
  return group === undefined || entry === undefined ? undefined : GROUPS[group]?.[entry];
}

/** The name of a code of `group`. */
export function nameOf(group: string, code: number): string {
  const found = Object.entries(GROUPS[group] ?? {}).find(([, each]) => each === code);
  return found?.[0] ?? "?";
}
