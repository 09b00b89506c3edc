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
  PolicyCode,
  RegionStateCode,
  TaskStateCode,
  TieBreakCode,
} from "./abi.gen.js";
export { KernelLoadError, type KernelLoadErrorCode } from "./errors.js";
export { type KernelModule, openKernelModule } from "./instance.js";
export type { Handle, Kernel, KernelConfig, Status } from "./kernel.js";
export type { WasmSource } from "./source.js";
