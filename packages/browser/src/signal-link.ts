/** Owns signals that cancel: all that follow one signal share one listener on it. */
import { requestOf } from "./abort-reason.js";
import type { DecodedRequest } from "./cancel.js";

/** A task or scope that a signal may cancel. */
export interface Follower {
  /** Asks it to cancel. Too late, it changes nothing. */
  request(request: DecodedRequest): void;
}

/**
 * Who follows one signal. Its one listener is there as long as anybody does: adding and removing
 * listeners on one signal costs more with every one that is there, which a set does not.
 */
export class SignalLink {
  readonly #signal: AbortSignal;
  readonly #followers = new Set<Follower>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(follower: Follower): void {
    if (this.#followers.size === 0) this.#signal.addEventListener("abort", this);
    this.#followers.add(follower);
  }

  /** The follower has ended. */
  delete(follower: Follower): void {
    if (this.#followers.delete(follower)) this.#releaseIfUnused();
  }

  handleEvent(): void {
    const request = requestOf(this.#signal.reason);
    for (const follower of this.#followers) follower.request(request);
    this.#followers.clear();
    this.#releaseIfUnused();
  }

  #releaseIfUnused(): void {
    if (this.#followers.size === 0) this.#signal.removeEventListener("abort", this);
  }
}

const links = new WeakMap<AbortSignal, SignalLink>();

/** Lets `signal` cancel `follower`, now if it is aborted. What it gives must be told of the end. */
export function followSignal(follower: Follower, signal: AbortSignal): SignalLink | undefined {
  if (signal.aborted) {
    follower.request(requestOf(signal.reason));
    return undefined;
  }
  let link = links.get(signal);
  if (link === undefined) {
    link = new SignalLink(signal);
    links.set(signal, link);
  }
  link.add(follower);
  return link;
}
