/** Owns the gate that barriers, latches and notifications are made of: its end lets all pass who wait. */
import { ObligationKindCode, PermitFlowCode } from "@asupersync/browser-core";
import type { OpRecord } from "../op.js";
import type { ScopeRecord } from "../scope.js";
import { PermitWait } from "./ask.js";
import { Line } from "./line.js";

/** Opens a gate with `permits` in it, each of which lets one pass. */
export function openGate(scope: ScopeRecord, name: string, permits = 0): Line {
  const use = { code: "LOCK_CLOSED", name, kind: ObligationKindCode.ack } as const;
  return Line.open(scope, permits, PermitFlowCode.spent, use);
}

/**
 * A wait at a gate. What all wait for is its end, and not a permit for each: those of tasks that are
 * cancelled at that moment would go back, and let somebody through in the next round.
 */
export abstract class GateWait extends PermitWait {
  constructor(gate: Line) {
    super(gate, 1);
  }

  /** Whether the gate was ended to let all pass, and did not go with its owner. */
  protected abstract isOpen(): boolean;

  /** What one gets who has passed. */
  protected pass(): unknown {
    return undefined;
  }

  protected override granted(op: OpRecord, permit: number): void {
    this.line.commit(permit);
    op.fulfil(this.pass());
  }

  protected override refused(op: OpRecord): void {
    if (this.isOpen()) op.fulfil(this.pass());
    else super.refused(op);
  }
}
