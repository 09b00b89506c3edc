/** Owns the heartbeat of one socket: when it beats, and when the peer counts as silent. */
import type { Heartbeat } from "./options.js";

/**
 * ```text
 *          everyMs              timeoutMs
 *  resting ────────► beaten ──────────────► silent
 *     ▲                 │ anything came
 *     └─────────────────┘
 * ```
 */
export class HeartbeatTimer {
  readonly #times: Pick<Heartbeat, "everyMs" | "timeoutMs">;
  readonly #send: () => void;
  readonly #silent: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #state: "resting" | "beaten" | "stopped" = "stopped";

  constructor(
    times: Pick<Heartbeat, "everyMs" | "timeoutMs">,
    send: () => void,
    silent: () => void,
  ) {
    this.#times = times;
    this.#send = send;
    this.#silent = silent;
  }

  start(): void {
    this.#state = "resting";
    this.#timer = setTimeout(() => this.#beat(), this.#times.everyMs);
  }

  stop(): void {
    this.#state = "stopped";
    clearTimeout(this.#timer);
  }

  /** Something came. */
  sign(): void {
    if (this.#state !== "beaten") return;
    clearTimeout(this.#timer);
    this.start();
  }

  #beat(): void {
    this.#state = "beaten";
    this.#timer = setTimeout(this.#silent, this.#times.timeoutMs);
    this.#send();
  }
}
