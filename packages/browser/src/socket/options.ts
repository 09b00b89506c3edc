/** Owns how a socket is set up: its options, and the checks of what a caller gives it. */
import { AsupersyncError } from "../errors.js";
import { checkOrigin } from "../origins.js";
import type { RuntimeRecord } from "../runtime-record.js";
import {
  checkDuration,
  checkLabel,
  checkListener,
  checkOptions,
  checkWhole,
  describeReceived,
  invalidArgument,
  LABEL_CHARS_MAX,
} from "../validate.js";
import type { InboxBounds, SocketOverflow } from "./inbox.js";
import {
  BOUND_MAX,
  CLOSE_TIMEOUT_MS,
  CloseCode,
  HIGH_WATER_BYTES,
  REASON_BYTES_MAX,
  RECEIVED_BYTES,
  RECEIVED_MESSAGES,
  TIMER_MS_MAX,
} from "./limits.js";
import type { SocketData, SocketMessage } from "./platform.js";

/** How a peer that falls silent is found out. A page cannot send the protocol's own pings. */
export interface Heartbeat {
  /** Milliseconds from one answer to the next heartbeat; more than 0. */
  readonly every: number;
  /** Milliseconds that the peer has to say anything at all after one; more than 0. */
  readonly timeout: number;
  /** What is sent, or what gives it. */
  readonly message: SocketData | (() => SocketData);
  /** Says of a message whether it is only an answer to a heartbeat: such are not received. */
  readonly isReply?: (message: SocketMessage) => boolean;
}

/** How a socket is set up. Times are in milliseconds, sizes in bytes. */
export interface SocketOptions {
  /** Protocols to offer, the wanted one first. Default none. */
  readonly protocols?: string | readonly string[];
  /** Milliseconds until it must be open, or opening fails with `TIMEOUT`. Default: the platform's time. */
  readonly openTimeout?: number;
  /**
   * Milliseconds that the peer has to answer a close; then the connection is dropped, with what is not
   * on the wire by then. Below the runtime's `drainTimeMs`. Default 1000, or half the drain time if that is less.
   */
  readonly closeTimeout?: number;
  /** How much may wait to be received: messages (default 1024), bytes (default 16 MiB; of a text its length). */
  readonly receiveBuffer?: { readonly messages?: number; readonly bytes?: number };
  /**
   * What becomes of a message that does not fit in there. `close` (the default) closes the socket with
   * code 4008 and fails with `SOCKET_OVERFLOW` once what waits was received; `drop-oldest` and
   * `drop-newest` lose messages, and count them in {@link Socket.dropped}.
   */
  readonly overflow?: SocketOverflow;
  /** Bytes handed over and not sent yet, above which `send` waits. Default 1 MiB. */
  readonly highWaterBytes?: number;
  /** Bytes of them at which it goes on. Default half of `highWaterBytes`. */
  readonly lowWaterBytes?: number;
  /** Finds out a peer that is gone. Default none. */
  readonly heartbeat?: Heartbeat;
  /**
   * Makes what is received of what came. What it throws fails the receive of that message, and no
   * other; what it gives `undefined` for is passed over. Default: texts and `Uint8Array`s as they are.
   */
  readonly decode?: (data: SocketMessage) => unknown;
  /** Makes what is sent of what is passed to `send`. Default: as it is. */
  readonly encode?: (value: never) => SocketData;
  /** Its name in snapshots and reports; 200 characters are kept. Default: its address without query. */
  readonly label?: string;
}

/** Options that were checked, every default filled in. */
export interface SocketSetup {
  readonly url: string;
  readonly protocols: string[];
  readonly openTimeoutMs: number | undefined;
  readonly closeTimeoutMs: number;
  readonly bounds: InboxBounds;
  readonly highWaterBytes: number;
  readonly lowWaterBytes: number;
  readonly heartbeat: Heartbeat | undefined;
  readonly decode: ((data: SocketMessage) => unknown) | undefined;
  readonly encode: ((value: unknown) => unknown) | undefined;
  readonly label: string;
}

export const SOCKET_OPTIONS = [
  "protocols",
  "openTimeout",
  "closeTimeout",
  "receiveBuffer",
  "overflow",
  "highWaterBytes",
  "lowWaterBytes",
  "heartbeat",
  "decode",
  "encode",
  "label",
] as const satisfies readonly (keyof SocketOptions)[];

const BUFFER_OPTIONS = ["messages", "bytes"] as const;
const HEARTBEAT_OPTIONS = ["every", "timeout", "message", "isReply"] as const;
const OVERFLOWS: readonly SocketOverflow[] = ["close", "drop-oldest", "drop-newest"];

/**
 * Checks what a caller passed, whose keys are known to be right.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `ORIGIN_NOT_ALLOWED`.
 */
export function decodeSetup(
  runtime: RuntimeRecord,
  address: string | URL,
  options: SocketOptions,
): SocketSetup {
  const url = socketAddress(address);
  checkOrigin(runtime.added.origins, url);
  const { openTimeout, receiveBuffer, overflow, heartbeat, decode, encode } = options;
  if (decode !== undefined) checkListener(decode, "decode");
  if (encode !== undefined) checkListener(encode, "encode");
  if (heartbeat !== undefined) checkHeartbeat(heartbeat);
  const bounds = { ...decodeBuffer(receiveBuffer, "receiveBuffer"), overflow: overflow ?? "close" };
  checkOverflow(bounds.overflow, OVERFLOWS);
  const high = options.highWaterBytes ?? HIGH_WATER_BYTES;
  const low = options.lowWaterBytes ?? Math.floor(high / 2);
  return {
    url: url.href,
    protocols: decodeProtocols(options.protocols),
    openTimeoutMs:
      openTimeout === undefined ? undefined : checkDuration(openTimeout, "openTimeout"),
    closeTimeoutMs: decodeCloseTimeout(runtime, options.closeTimeout),
    bounds,
    highWaterBytes: checkWhole(high, 0, BOUND_MAX, "highWaterBytes"),
    lowWaterBytes: checkWhole(low, 0, high, "lowWaterBytes"),
    heartbeat,
    decode,
    encode: encode as SocketSetup["encode"],
    label: checkLabel(options.label) ?? socketLabel(url),
  };
}

/** The bounds of a buffer, its defaults filled in. */
export function decodeBuffer(
  buffer: SocketOptions["receiveBuffer"],
  what: string,
  defaults = { messages: RECEIVED_MESSAGES, bytes: RECEIVED_BYTES },
): { messages: number; bytes: number } {
  checkOptions(buffer, BUFFER_OPTIONS, what);
  const { messages = defaults.messages, bytes = defaults.bytes } = buffer ?? {};
  return {
    messages: checkWhole(messages, 1, BOUND_MAX, `messages of ${what}`),
    bytes: checkWhole(bytes, 1, BOUND_MAX, `bytes of ${what}`),
  };
}

/** One of the policies `known`. */
export function checkOverflow(overflow: unknown, known: readonly string[]): void {
  if (known.includes(overflow as string)) return;
  const names = known.map((name) => `"${name}"`).join(", ");
  throw invalidArgument(overflow, `one of ${names} as overflow`, "pass one of these");
}

/**
 * What a close may say: a code that a page may send, and a reason that fits in its frame.
 *
 * @throws {AsupersyncError} `INVALID_NUMBER`, `INVALID_ARGUMENT`.
 */
export function checkClose(code: unknown, reason: unknown): void {
  if (code !== CloseCode.normal) {
    if (!Number.isInteger(code) || (code as number) < 3000 || (code as number) > 4999) {
      throw new AsupersyncError("INVALID_NUMBER", describeReceived(code), {
        expected: "1000 or a whole number from 3000 to 4999 as close code",
        mend: "pass one of these; the others are the protocol's own",
      });
    }
  }
  if (typeof reason !== "string") {
    throw invalidArgument(reason, "a string as reason", "pass text or leave it out");
  }
  const { length } = new TextEncoder().encode(reason);
  if (length > REASON_BYTES_MAX) {
    const expected = `a reason of at most ${REASON_BYTES_MAX} bytes of UTF-8`;
    const details = { expected, mend: "shorten it, or send it as a message before the close" };
    throw new AsupersyncError("INVALID_ARGUMENT", `one of ${length} bytes`, details);
  }
}

const DATA_TAGS: readonly string[] = ["[object ArrayBuffer]", "[object Blob]", "[object File]"];

/**
 * What can be sent.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkData(data: unknown): void {
  if (typeof data === "string") return;
  // By their tags, which are the same in every realm. What is shared between threads is not sent.
  const tag = Object.prototype.toString.call(ArrayBuffer.isView(data) ? data.buffer : data);
  if (DATA_TAGS.includes(tag)) return;
  const mend = "pass JSON.stringify(value), or an encode option that makes text or bytes of it";
  throw invalidArgument(data, "a string, an ArrayBuffer, a view of one, or a Blob to send", mend);
}

/** Makes what is sent of what was passed to `send`. */
export function encodeData({ encode }: Pick<SocketSetup, "encode">, value: unknown): SocketData {
  const data = encode === undefined ? value : encode(value);
  checkData(data);
  return data as SocketData;
}

/** The address with the scheme of sockets, made absolute by the page's own. */
function socketAddress(address: unknown): URL {
  const mend = "pass a ws: or wss: address; a relative one needs a page to start from";
  const text = address instanceof URL ? address.href : address;
  if (typeof text !== "string")
    throw invalidArgument(address, "an address: a string or a URL", mend);
  let url: URL | undefined;
  try {
    url = new URL(text, globalThis.location?.href);
  } catch {
    // Told below, as every other address that is none.
  }
  if (url !== undefined) {
    url.hash = "";
    if (url.protocol === "http:" || url.protocol === "https:") {
      url.protocol = url.protocol.replace("http", "ws");
    }
    if (url.protocol === "ws:" || url.protocol === "wss:") return url;
  }
  throw invalidArgument(text, "the address of a WebSocket", mend);
}

/** `socket /live`: without query, which may hold what is nobody's business. */
function socketLabel({ host, protocol, pathname }: URL): string {
  const isOwn = globalThis.location?.host === host;
  return `socket ${isOwn ? "" : `${protocol}//${host}`}${pathname}`.slice(0, LABEL_CHARS_MAX);
}

/** What a protocol's name is made of: a token of RFC 9110, section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

function decodeProtocols(protocols: unknown): string[] {
  if (protocols === undefined) return [];
  const list: unknown[] = Array.isArray(protocols) ? [...protocols] : [protocols];
  const isGood = list.every((name) => typeof name === "string" && TOKEN.test(name));
  if (isGood && new Set(list).size === list.length) return list as string[];
  const bad = list.find((name) => typeof name !== "string" || !TOKEN.test(name));
  const mend = "pass each name once, without spaces or commas; parameters go in the address";
  throw invalidArgument(bad ?? list[0], "different names of protocols", mend);
}

function decodeCloseTimeout({ drainMs }: RuntimeRecord, asked: unknown): number {
  if (asked === undefined) return Math.min(CLOSE_TIMEOUT_MS, drainMs / 2);
  const closeTimeoutMs = checkTimer(asked, "closeTimeout");
  if (closeTimeoutMs < drainMs) return closeTimeoutMs;
  throw new AsupersyncError("INVALID_NUMBER", String(closeTimeoutMs), {
    expected: `a closeTimeout below the drain time of ${drainMs} ms`,
    mend: "pass less, or give the runtime a longer drainTimeMs",
  });
}

/** Milliseconds that a timer of the host can count. */
function checkTimer(ms: unknown, what: string): number {
  if (checkDuration(ms, what) <= TIMER_MS_MAX) return ms as number;
  throw new AsupersyncError("INVALID_NUMBER", String(ms), {
    expected: `milliseconds from 0 to ${TIMER_MS_MAX} as ${what}`,
    mend: "leave it out for no limit",
  });
}

function checkHeartbeat(heartbeat: Heartbeat): void {
  checkOptions(heartbeat, HEARTBEAT_OPTIONS, "heartbeat");
  const { every, timeout, message, isReply } = heartbeat;
  for (const [ms, what] of [
    [every, "every"],
    [timeout, "timeout"],
  ] as const) {
    if (checkTimer(ms, what) > 0) continue;
    const details = {
      expected: `more than 0 milliseconds as ${what}`,
      mend: "pass how long it is",
    };
    throw new AsupersyncError("INVALID_NUMBER", String(ms), details);
  }
  if (typeof message !== "function") checkData(message);
  if (isReply !== undefined) checkListener(isReply, "isReply");
}
