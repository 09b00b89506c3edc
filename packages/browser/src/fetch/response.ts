/** Owns a response as its task sees it: every read of the body is an operation of that task. */
import { checkActive } from "../active.js";
import type { Op } from "../op.js";
import { bodyUsed, JsonError, type Origin } from "./errors.js";
import { type Refetch, readEvents, type ServerSentEvent, type SseOptions } from "./events.js";
import type { Exchange, Piece } from "./exchange.js";
import { type LinesOptions, readJsonLines, readLines } from "./lines.js";

/**
 * A response that belongs to the task that fetched it. Its body can be read once, by that task while it
 * runs; what is unread at the task's end is cancelled and the connection freed. A task that goes on for
 * long without reading a body says so by `body.cancel()`.
 *
 * Every reader fails with `NETWORK` when the connection breaks, with `TOO_LARGE` past its bound, with the
 * `reason` of `init.signal` when that aborts, and with {@link CancelledError} when the task is cancelled.
 *
 * @throws {AsupersyncError} `BODY_USED`, `CX_ENDED`, `CX_FOREIGN`: so does every reader, at once.
 */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly redirected: boolean;
  readonly type: ResponseType;
  /** Whether reading the body has begun. */
  readonly bodyUsed: boolean;
  /** Reads the body and parses it; fails with {@link JsonError} if it is no JSON. */
  json<T = unknown>(): Op<T>;
  /** Reads the body as UTF-8. */
  text(): Op<string>;
  /** Reads the body as bytes. */
  bytes(): Op<Uint8Array>;
  /** Reads the body as a buffer. */
  arrayBuffer(): Op<ArrayBuffer>;
  /** Reads the body as a blob. */
  blob(): Op<Blob>;
  /** Reads the body as a form; fails with the platform's `TypeError` if its type is none of a form. */
  formData(): Op<FormData>;
  /** The body in pieces, as they arrive. */
  readonly body: ResponseBody;
  /**
   * The body's lines as they arrive, without what ends them: CR, LF or both. A last line that is not
   * ended counts. Leaving the loop cancels the rest and frees the connection.
   */
  lines(options?: LinesOptions): AsyncIterable<string>;
  /**
   * The body's lines, each of them parsed as JSON; blank ones are passed over. A line that is none fails
   * with {@link JsonLineError}. Leaving the loop cancels the rest and frees the connection.
   *
   * @example
   * ```ts
   * for await (const row of response.ndjson<Row>()) add(row);
   * ```
   */
  ndjson<T = unknown>(options?: LinesOptions): AsyncIterable<T>;
  /**
   * The body's server-sent events. With `reconnect` it goes on past the end and past a broken
   * connection, as an `EventSource` does. Leaving the loop cancels the rest and frees the connection.
   *
   * @throws {AsupersyncError} `CONTENT_TYPE` for a body that is no `text/event-stream`,
   *   `INVALID_ARGUMENT` for a reconnect of a request whose body can be sent only once.
   * @example
   * ```ts
   * const response = await cx.fetch("/api/prices", { expect: "ok" });
   * for await (const { event, data } of response.sse({ reconnect: true })) show(event, data);
   * ```
   */
  sse(options?: SseOptions): AsyncIterable<ServerSentEvent>;
}

/** The body of a response in pieces, for `for await`. Leaving the loop cancels the rest. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  /** Says that the rest is not wanted: frees the connection. */
  cancel(): void;
}

/** The record behind {@link FetchResponse}. */
export class ResponseRecord implements FetchResponse, ResponseBody {
  readonly #exchange: Exchange;
  readonly #response: Response;
  readonly #refetch: Refetch;
  #isUsed = false;

  constructor(exchange: Exchange, response: Response, refetch: Refetch) {
    this.#exchange = exchange;
    this.#response = response;
    this.#refetch = refetch;
  }

  get ok(): boolean {
    return this.#response.ok;
  }

  get status(): number {
    return this.#response.status;
  }

  get statusText(): string {
    return this.#response.statusText;
  }

  get headers(): Headers {
    return this.#response.headers;
  }

  get url(): string {
    return this.#response.url;
  }

  get redirected(): boolean {
    return this.#response.redirected;
  }

  get type(): ResponseType {
    return this.#response.type;
  }

  get bodyUsed(): boolean {
    return this.#isUsed;
  }

  get body(): ResponseBody {
    return this;
  }

  json<T = unknown>(): Op<T> {
    return this.#read((bytes) => parseJson(decode(bytes), this.#origin));
  }

  text(): Op<string> {
    return this.#read(decode);
  }

  bytes(): Op<Uint8Array> {
    return this.#read((bytes) => bytes);
  }

  arrayBuffer(): Op<ArrayBuffer> {
    return this.#read((bytes) => bytes.buffer);
  }

  blob(): Op<Blob> {
    return this.#read((bytes) => new Blob([bytes], { type: this.#contentType }));
  }

  formData(): Op<FormData> {
    const headers = { "content-type": this.#contentType };
    return this.#read((bytes) => new Response(bytes, { headers }).formData());
  }

  cancel(): void {
    this.#exchange.cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return this.#pieces();
  }

  lines(options?: LinesOptions): AsyncIterable<string> {
    return readLines(this.#origin, () => this.#pieces(), options);
  }

  ndjson<T = unknown>(options?: LinesOptions): AsyncIterable<T> {
    return readJsonLines(this.#origin, () => this.#pieces(), options);
  }

  sse(options?: SseOptions): AsyncIterable<ServerSentEvent> {
    return readEvents(this.#exchange, this, () => this.#pieces(), this.#refetch, options);
  }

  #pieces(): AsyncIterator<Piece, undefined> {
    this.#take();
    const exchange = this.#exchange;
    return {
      next: () => exchange.piece(),
      return: async () => {
        exchange.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  get #origin(): Origin {
    return { label: this.#exchange.label, url: this.url, status: this.status };
  }

  get #contentType(): string {
    return this.headers.get("content-type") ?? "";
  }

  #read<T>(parse: (bytes: Piece) => T | Promise<T>): Op<T> {
    this.#take();
    return this.#exchange.whole(parse);
  }

  /** Makes sure that the body is read once, and only by its task. */
  #take(): void {
    const { task, label } = this.#exchange;
    checkActive(task);
    if (this.#isUsed) throw bodyUsed(label);
    this.#isUsed = true;
  }
}

function decode(bytes: Piece): string {
  return new TextDecoder().decode(bytes);
}

function parseJson(text: string, origin: Origin) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JsonError({ ...origin, text, cause });
  }
}
