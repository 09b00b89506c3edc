/** Owns a runtime's record: its kernel, its tables, and how it ends. */
import {
  CounterCode,
  EventCode,
  type KernelModule,
  OutcomeCode,
  PolicyCode,
} from "@asupersync/browser-core";
import type { Body } from "./body.js";
import { ReasonCache } from "./cancel.js";
import { ASYNC_DISPOSE } from "./dispose.js";
import { AsupersyncError, refusal } from "./errors.js";
import { indexOf } from "./handle.js";
import type { HostRecord } from "./host-op.js";
import { KernelPort } from "./kernel-port.js";
import { CHECKPOINT, type OpRecord } from "./op.js";
import { describeThrown, type Outcome, type PanicInfo } from "./outcome.js";
import { pump } from "./pump.js";
import { type CloseReport, ReportBuilder } from "./report.js";
import type { Counters, Runtime, RuntimeState, TraceEvent } from "./runtime.js";
import { type Scope, type ScopeOptions, ScopeRecord, ScopeRole, type ScopeSetup } from "./scope.js";
import { type RuntimeSnapshot, SnapshotStore } from "./snapshot.js";
import { runIn, spawnIn } from "./spawn.js";
