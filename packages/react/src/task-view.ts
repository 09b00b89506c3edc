/** Owns what a component sees of its task: one immutable view for each status. */
import type { CancelInfo, Outcome, PanicInfo } from "@asupersync/browser";

/** The word that narrows a {@link TaskView}. */
export type TaskStatus = TaskView<unknown>["status"];

/**
 * What a component sees of its task. Check `status`, and TypeScript knows the rest:
 * `if (task.status === "ok") show(task.value)`.
 *
 * ```text
 *           1 commit          2 outcome
 *   idle ────────────► running ────────► ok | err | cancelled | panicked
 *    ▲                  ▲                      │
 *    │ 4 disabled,      └──────────────────────┘ 3 new dependencies or restart()
 *    └── hidden: from any status
 * ```
 */
export type TaskView<T> =
  | View<T, "idle">
  | View<T, "running">
  | View<T, "ok", { readonly value: T; readonly outcome: OutcomeOf<"ok", T> }>
  | View<T, "err", { readonly error: unknown; readonly outcome: OutcomeOf<"err", T> }>
  | View<
      T,
      "cancelled",
      { readonly cancel: CancelInfo; readonly outcome: OutcomeOf<"cancelled", T> }
    >
  | View<T, "panicked", { readonly panic: PanicInfo; readonly outcome: OutcomeOf<"panicked", T> }>;

type OutcomeOf<K extends Outcome<unknown>["kind"], T> = Extract<Outcome<T>, { readonly kind: K }>;

type View<T, Status extends string, Known = unknown> = {
  readonly status: Status;
  readonly isRunning: Status extends "running" ? true : false;
  /** The value of the last `ok`: still there while the next run goes on, fails or is cancelled. */
  readonly latest: T | undefined;
} & Omit<Nothing, keyof Known> &
  Known;

interface Nothing {
  readonly value: undefined;
  readonly error: undefined;
  readonly cancel: undefined;
  readonly panic: undefined;
  readonly outcome: undefined;
}

const NOTHING: Nothing = {
  value: undefined,
  error: undefined,
  cancel: undefined,
  panic: undefined,
  outcome: undefined,
};

export function idleView<T>(latest: T | undefined): TaskView<T> {
  return { ...NOTHING, status: "idle", isRunning: false, latest };
}

export function runningView<T>(latest: T | undefined): TaskView<T> {
  return { ...NOTHING, status: "running", isRunning: true, latest };
}

export function outcomeView<T>(outcome: Outcome<T>, latest: T | undefined): TaskView<T> {
  const common = { ...NOTHING, isRunning: false, latest } as const;
  switch (outcome.kind) {
    case "ok":
      return { ...common, status: "ok", value: outcome.value, latest: outcome.value, outcome };
    case "err":
      return { ...common, status: "err", error: outcome.error, outcome };
    case "cancelled":
      return { ...common, status: "cancelled", cancel: outcome.cancel, outcome };
    case "panicked":
      return { ...common, status: "panicked", panic: outcome.panic, outcome };
  }
}
