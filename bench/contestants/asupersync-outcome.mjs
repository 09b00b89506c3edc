/** What the two asupersync contestants share. */

import { describeOutcome } from "@asupersync/browser";

/** The value of an outcome that has to be `ok`. */
export function expectOk(outcome) {
  if (outcome.kind === "ok") return outcome.value;
  throw new Error(`expected an ok outcome, got: ${describeOutcome(outcome)}`, {
    cause: outcome.kind === "err" ? outcome.error : outcome,
  });
}
