/** Owns what the SDK says of obligations: promises to act that a task gives and must keep. */
import { ObligationKindCode } from "@asupersync/browser-core";

/**
 * What an obligation promises: to send into a place reserved in a channel, to acknowledge a message,
 * to give back what was lent (the guard of a lock), to see an I/O operation through, to give back a place in a semaphore,
 * to commit or roll back a transaction.
 */
export type ObligationKind =
  | "send-permit"
  | "ack"
  | "lease"
  | "io"
  | "semaphore-permit"
  | "transaction";

/** Where a live one stands: `asked` while it waits in line for a permit, then `reserved`. */
export type ObligationState = "asked" | "reserved";

const KINDS: { readonly [code: number]: ObligationKind } = {
  [ObligationKindCode.sendPermit]: "send-permit",
  [ObligationKindCode.ack]: "ack",
  [ObligationKindCode.lease]: "lease",
  [ObligationKindCode.io]: "io",
  [ObligationKindCode.semaphorePermit]: "semaphore-permit",
  [ObligationKindCode.transaction]: "transaction",
};

/** The kind that the kernel spells `code`. */
export function obligationKind(code: number): ObligationKind {
  return KINDS[code] ?? "io";
}
