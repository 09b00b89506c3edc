/** Owns the numbers that bound a socket, each with its reason. */

/** Messages that wait to be received, unless told otherwise: a burst, not a backlog. */
export const RECEIVED_MESSAGES = 1_024;

/** Bytes that wait to be received, unless told otherwise. */
export const RECEIVED_BYTES = 16 * 2 ** 20;

/** Bytes handed over and not sent, above which a send waits, unless told otherwise. */
export const HIGH_WATER_BYTES = 2 ** 20;

/** The largest bound that can be asked for: more is no bound. */
export const BOUND_MAX = 2 ** 32;

/**
 * Milliseconds that the peer has to answer a close, unless told otherwise; less if the drain time is
 * short. Round trips take less, and nobody wants to wait longer for a peer that is gone.
 */
export const CLOSE_TIMEOUT_MS = 1_000;

/** Milliseconds that the host's timers can count; more would fire at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** Milliseconds until a send looks again whether there is room: no platform says when. It doubles. */
export const ROOM_AGAIN_MS = 4;

/** The longest such time: in it a fast network takes no more than the high water mark. */
export const ROOM_AGAIN_MS_MAX = 32;

/** Answers given without a turn of the kernel in between; then others run. As Rust bodies have it. */
export const ANSWERS_IN_A_ROW = 64;

/** The longest reason of a close, in bytes of UTF-8: RFC 6455, section 5.5. */
export const REASON_BYTES_MAX = 123;

/** Messages that a reconnecting socket keeps while it is not connected, unless told otherwise. */
export const QUEUED_MESSAGES = 256;

/** Bytes of them, unless told otherwise. */
export const QUEUED_BYTES = 4 * 2 ** 20;

/** Milliseconds that a connection lasts to count as one that works, unless told otherwise. */
export const STABLE_MS = 5_000;

/** Statuses kept for a reader of them that is slow; then the oldest go. */
export const STATUSES_KEPT = 32;

/** Close codes. Those from 4000 up are ours; a page may send no others but 1000. RFC 6455, section 7.4. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  /** The peer gave none. */
  none: 1005,
  /** There was no close. */
  lost: 1006,
  /** What came was not received in time. */
  overflow: 4008,
  /** The peer did not answer a heartbeat. */
  silent: 4009,
} as const;
