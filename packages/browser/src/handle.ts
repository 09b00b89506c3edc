/** Owns what the SDK knows of a handle's layout: where its slot and its kind are. */
import { HandleKindCode } from "@asupersync/browser-core";

/** Bits of a handle that name its slot, the lowest ones. */
export const SLOT_BITS = 22;

const SLOT_MASK = 2 ** SLOT_BITS - 1;

/** The place of a handle's thing in the table of its kind, which is its slot in the kernel's. */
export function indexOf(handle: number): number {
  return handle & SLOT_MASK;
}

/** Bits of slot and generation, which are below those of the kind. */
const KIND_SHIFT = 43;

/** By the three bits of a handle that say its kind, a number apart from the kind's own code. */
const KINDS: readonly (HandleKindCode | undefined)[] = [
  HandleKindCode.obligation,
  HandleKindCode.semaphore,
  HandleKindCode.region,
  undefined,
  HandleKindCode.task,
  undefined,
  HandleKindCode.hostOp,
];

/** Which table a handle is of. No bit operation gets at it: they end at 32 bits. */
export function kindOf(handle: number): HandleKindCode | undefined {
  return KINDS[Math.floor(handle / 2 ** KIND_SHIFT) % 2 ** 3];
}
