/** Owns server-sent events: the parser of the HTML standard, and the reconnect of an `EventSource`. */
import { AsupersyncError } from "../errors.js";
import type { Op } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkDuration, checkOptions, checkWhole, invalidArgument } from "../validate.js";
import { sleepOp } from "../wait.js";
import { HttpStatusError, tooLarge } from "./errors.js";
import type { Exchange } from "./exchange.js";
import { EVENT_CHARS_MAX, RECONNECT_PAUSE_MS } from "./limits.js";
import { LineCutter } from "./lines.js";
import { type Pieces, Reading } from "./reading.js";
import type { FetchInit, FetchInput } from "./request.js";
import type { FetchResponse } from "./response.js";

/** One event of a stream. */
export interface ServerSentEvent {
  /** Its type; `message` unless the stream names one. */
  readonly event: string;
  readonly data: string;
  /** The last id that the stream has given, which may be of an event before; empty if none. */
  readonly id: string;
  /** Milliseconds until a reconnect that the stream has last asked for; undefined if it has not. */
  readonly retry: number | undefined;
}

/** How events are read. */
export interface SseOptions {
  /** UTF-16 units of an event's data and of a line, at most; more fails with `TOO_LARGE`. Default 2^20. */
  readonly eventCharsMax?: number;
  /**
   * Asks again when the stream ends or the connection breaks, with the id of the last event in
   * `Last-Event-ID`. The server ends it with status 204; any other answer but an event stream fails it.
   */
  readonly reconnect?: boolean | SseReconnect;
}

/** How a broken event stream is asked for again. */
export interface SseReconnect {
  /** Milliseconds to wait before, until the stream gives its own `retry`. Default 3000. */
  readonly pauseMs?: number;
  /** Times in a row that it may ask without getting an event; then it ends as it did last. Default: no end. */
  readonly attempts?: number;
}

/** Makes a request, as {@link Cx.fetch} does. */
export type Refetch = (task: TaskRecord, input: FetchInput, init: FetchInit) => Op<FetchResponse>;

/** See {@link FetchResponse.sse}. */
export function readEvents(
  exchange: Exchange,
  response: FetchResponse,
  take: () => Pieces,
  refetch: Refetch,
  options?: SseOptions,
): Reading<ServerSentEvent> {
  const { eventCharsMax, reconnect } = decodeSseOptions(options);
  checkContentType(response);
  if (reconnect !== undefined) checkRepeatable(exchange);
  const stream: EventStream = { exchange, refetch, eventCharsMax, reconnect, pieces: take() };
  return new Reading(exchange.label, eachEvent(stream), () => stream.pieces.return?.());
}

/**
 * The parser of one connection. Lines go in; an event comes out at a blank one.
 *
 * Source: HTML standard, "Interpreting an event stream".
 */
export class EventParser {
  readonly #charsMax: number;
  /** The id of the stream so far, which outlives the connection. */
  id: string;
  /** What the stream asks to wait before a reconnect. */
  retry: number | undefined = undefined;
  #nextId: string;
  #event = "";
  #data = "";

  constructor(charsMax: number, id: string) {
    this.#charsMax = charsMax;
    this.id = id;
    this.#nextId = id;
  }

  /**
   * Takes the next line; gives the event that it ends, if it ends one.
   *
   * @throws {AsupersyncError} `TOO_LARGE`.
   */
  line(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (field === "data") {
      if (this.#data.length + value.length > this.#charsMax) {
        throw tooLarge("an event", this.#charsMax, "eventCharsMax");
      }
      this.#data += `${value}\n`;
    } else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#nextId = value;
    else if (field === "retry" && /^\d+$/.test(value)) {
      this.retry = Math.min(Number(value), RETRY_MS_MAX);
    }
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = this.#event || "message";
    const data = this.#data;
    this.id = this.#nextId;
    this.#event = "";
    this.#data = "";
    if (data === "") return undefined;
    return { event, data: data.slice(0, -1), id: this.id, retry: this.retry };
  }
}

/** What a timer of a browser takes: longer ones fire at once. */
const RETRY_MS_MAX = 2 ** 31 - 1;

interface EventStream {
  readonly exchange: Exchange;
  readonly refetch: Refetch;
  readonly eventCharsMax: number;
  readonly reconnect: Required<SseReconnect> | undefined;
  /** Those of the present connection. */
  pieces: Pieces;
}

async function* eachEvent(stream: EventStream): AsyncGenerator<ServerSentEvent, undefined> {
  const { exchange, eventCharsMax, reconnect } = stream;
  let parser = new EventParser(eventCharsMax, "");
  for (let tried = 0; ; ) {
    const cutter = new LineCutter(eventCharsMax, "eventCharsMax");
    let failure: { readonly error: unknown } | undefined;
    try {
      for (;;) {
        const { done, value } = await stream.pieces.next();
        // What is unfinished by now is to be discarded.
        if (done === true) break;
        for (const line of cutter.lines(value)) {
          const event = parser.line(line);
          if (event === undefined) continue;
          tried = 0;
          yield event;
        }
      }
    } catch (error) {
      if (reconnect === undefined || !isPassing(error)) throw error;
      failure = { error };
    }
    if (reconnect === undefined) return undefined;
    const { id, retry } = parser;
    parser = new EventParser(eventCharsMax, id);
    parser.retry = retry;
    let response: FetchResponse | undefined;
    while (response === undefined) {
      if (tried >= reconnect.attempts) {
        if (failure !== undefined) throw failure.error;
        return undefined;
      }
      tried += 1;
      await sleepOp(exchange.task, retry ?? reconnect.pauseMs);
      try {
        response = await ask(stream, id);
      } catch (error) {
        if (!isPassing(error)) throw error;
        failure = { error };
      }
    }
    if (response.status === 204) return undefined;
    if (response.status !== 200) throw new HttpStatusError(exchange.label, response);
    checkContentType(response);
    stream.pieces = response.body[Symbol.asyncIterator]() as Pieces;
  }
}

/** Asks for what comes after the event `id`. */
function ask({ exchange, refetch }: EventStream, id: string): Op<FetchResponse> {
  const headers = new Headers(exchange.sent.headers);
  // A header has bytes: those of the id in UTF-8.
  if (id !== "") headers.set("last-event-id", String.fromCharCode(...new TextEncoder().encode(id)));
  const { input, init } = exchange.setup;
  return refetch(exchange.task, input, { ...init, headers });
}

/** Whether what failed may go well another time. */
function isPassing(error: unknown): boolean {
  return error instanceof AsupersyncError && (error.code === "NETWORK" || error.code === "TIMEOUT");
}

function checkContentType({ headers }: FetchResponse): void {
  const type = headers.get("content-type");
  if (type !== null && /^\s*text\/event-stream\s*(;|$)/i.test(type)) return;
  const expected = "a body of type text/event-stream";
  throw new AsupersyncError("CONTENT_TYPE", type ?? "none", { expected });
}

function checkRepeatable({ setup: { input, init } }: Exchange): void {
  const isOnce =
    init.body instanceof ReadableStream || (input instanceof Request && input.body !== null);
  if (!isOnce) return;
  throw new AsupersyncError("INVALID_ARGUMENT", "one with a stream as its body", {
    expected: "a request that can be sent again, to reconnect",
    mend: "pass the whole body in init, or read without reconnect",
  });
}

function decodeSseOptions(options: SseOptions | undefined) {
  checkOptions(options, ["eventCharsMax", "reconnect"], "events options");
  const { eventCharsMax = EVENT_CHARS_MAX, reconnect = false } = options ?? {};
  checkWhole(eventCharsMax, 1, Number.MAX_SAFE_INTEGER, "eventCharsMax");
  return { eventCharsMax, reconnect: decodeReconnect(reconnect) };
}

function decodeReconnect(reconnect: boolean | SseReconnect): Required<SseReconnect> | undefined {
  if (reconnect === false) return undefined;
  if (reconnect !== true && typeof reconnect !== "object") {
    const mend = "pass true or { pauseMs, attempts }, or leave it out";
    throw invalidArgument(reconnect, "true or options as reconnect", mend);
  }
  const options = reconnect === true ? {} : reconnect;
  checkOptions(options, ["pauseMs", "attempts"], "reconnect");
  const { pauseMs = RECONNECT_PAUSE_MS, attempts = Number.POSITIVE_INFINITY } = options;
  checkDuration(pauseMs, "pauseMs");
  if (attempts !== Number.POSITIVE_INFINITY) {
    checkWhole(attempts, 1, Number.MAX_SAFE_INTEGER, "attempts");
  }
  return { pauseMs, attempts };
}
