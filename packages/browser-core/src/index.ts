/** The package's public door: everything that may be imported from `@asupersync/browser-core`. */
export {
  ABI_VERSION,
  CancelKindCode,
  CounterCode,
  EffectCode,
  ErrorKindCode,
  EventCode,
  HandleKindCode,
  HostKindCode,
  HostStateCode,
  LeakPolicyCode,
  ObligationKindCode,
  ObligationStateCode,
  OutcomeCode,
  OwnershipFlag,
  PermitFlowCode,
  PermitsCode,
  PolicyCode,
  ReasonFact,
  RegionStateCode,
  SemaphoreCountCode,
  SemaphoreStateCode,
  TaskStateCode,
  TieBreakCode,
  TierCode,
} from "./abi.gen.js";
export { KernelLoadError, type KernelLoadErrorCode } from "./errors.js";
export { type KernelModule, openKernelModule } from "./instance.js";
export { ASKED, type Handle, type Kernel, type KernelConfig, type Status } from "./kernel.js";
export type { OwnKernel } from "./own-kernel.js";
export type { WasmSource } from "./source.js";
