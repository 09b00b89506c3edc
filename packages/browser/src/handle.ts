/** Owns what the SDK knows of a handle's layout: where its slot is. */

/** Bits of a handle that name its slot, the lowest ones. */
export const SLOT_BITS = 22;

const SLOT_MASK = 2 ** SLOT_BITS - 1;

/** The place of a handle's thing in the table of its kind, which is its slot in the kernel's. */
export function indexOf(handle: number): number {
  return handle & SLOT_MASK;
}
