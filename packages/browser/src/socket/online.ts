/** Owns what the host says of the network: whether it is offline, and when it is back. */

/** Whether the host says that there is no network. One that cannot say is taken to have one. */
export function isOffline(): boolean {
  return canTell() && globalThis.navigator?.onLine === false;
}

/** Whether the host tells when the network is back: pages and workers do. */
export function canTell(): boolean {
  return typeof globalThis.addEventListener === "function";
}

/** Resolves when the network is back; left waiting for ever, without its listener, once `signal` aborts. */
export function whenOnline(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    globalThis.addEventListener("online", () => resolve(), { once: true, signal });
    // An aborted wait has to settle, or its task would be held up by it.
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
