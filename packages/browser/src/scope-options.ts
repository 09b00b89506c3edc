/** Owns how a scope is set up: its options, and what its policies are to the kernel. */
import { PolicyCode } from "@asupersync/browser-core";
import { checkLabel, checkOptions, checkSignal, invalidArgument } from "./validate.js";

/**
 * What a failed child does: `fail-fast` cancels the others, `collect-all` leaves them alone. A
 * cancelled child is no failure.
 */
export type ScopePolicy = "fail-fast" | "collect-all";

/** How a scope is set up. */
export interface ScopeOptions {
  /** Its name in snapshots and reports; 200 characters are kept. Default `scope`. */
  readonly label?: string;
  /** Default `fail-fast`. */
  readonly policy?: ScopePolicy;
  /**
   * Cancels the scope when it aborts, as {@link TaskOptions.signal} does a task. Of one that is aborted
   * already the scope takes no work.
   *
   * Around a body, as of `cx.scope`, such a cancellation is the operation's failure, not the task's: a task
   * that lets the {@link CancelledError} through, though nobody has cancelled it, ends `err` with it. A
   * signal given to `run` or `spawn` cancels the task itself, which ends `cancelled`.
   */
  readonly signal?: AbortSignal;
}

const POLICY_CODES = {
  "fail-fast": PolicyCode.failFast,
  "collect-all": PolicyCode.collectAll,
} as const;

/** The kernel's code of a policy. */
export function policyCode(policy: ScopePolicy): PolicyCode {
  return POLICY_CODES[policy];
}

const SCOPE_OPTIONS = [
  "label",
  "policy",
  "signal",
] as const satisfies readonly (keyof ScopeOptions)[];

/**
 * Checks the options of a scope.
 *
 * @param known The names of all options, if there may be more than those of a scope.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function decodeScopeOptions(
  options: ScopeOptions | undefined,
  known: readonly string[] = SCOPE_OPTIONS,
): {
  readonly label: string | undefined;
  readonly policy: ScopePolicy;
  readonly signal: AbortSignal | undefined;
} {
  checkOptions(options, known, "scope options");
  const label = checkLabel(options?.label);
  const policy = options?.policy ?? "fail-fast";
  if (typeof policy !== "string" || !Object.hasOwn(POLICY_CODES, policy)) {
    const expected = 'the policy "fail-fast" or "collect-all"';
    const mend = "pass one of the two; for the first to end there are cx.race and cx.any";
    throw invalidArgument(policy, expected, mend);
  }
  return { label, policy, signal: checkSignal(options?.signal) };
}
