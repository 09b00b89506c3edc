/** Owns a response as its task sees it: every read of the body is an operation of that task. */
import { checkActive } from "../active.js";
import { AsupersyncError, refusal } from "../errors.js";
import { foreignOp } from "../foreign.js";
import { type HostRecord, HostResult } from "../host-op.js";
import { closeOp, type Op, type OpRecord, openOp } from "../op.js";

/**
 * A response that belongs to the task that fetched it. Its body can be read once, by that task while it
 * runs; what is unread at the task's end is cancelled and the connection freed. A task that goes on for
 * long without reading a body says so by `body.cancel()`.
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
  /**
   * Reads the body and parses it. Fails with what the platform fails with: a `SyntaxError`, or a
   * `TypeError` when the connection broke.
   *
   * @throws {AsupersyncError} `BODY_USED`, `CX_ENDED`, `CX_FOREIGN`; so do the other readers.
   */
  json<T = unknown>(): Op<T>;
  /** Reads the body as UTF-8. */
  text(): Op<string>;
  /** Reads the body as bytes. */
  bytes(): Op<Uint8Array>;
  /** Reads the body as a buffer. */
  arrayBuffer(): Op<ArrayBuffer>;
  /** Reads the body as a blob. */
  blob(): Op<Blob>;
  /** Reads the body as a form. */
  formData(): Op<FormData>;
  /** The body in pieces, as they arrive. */
  readonly body: ResponseBody;
}

/** The body of a response in pieces, for `for await`. Leaving the loop cancels the rest. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  /** Says that the rest is not wanted: frees the connection. */
  cancel(): void;
}

/** The record behind {@link FetchResponse}. */
export class ResponseRecord implements FetchResponse, ResponseBody {
  readonly #host: HostRecord;
  readonly #response: Response;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined = undefined;
  #stage: "unread" | "taken" | "ended" = "unread";

  constructor(host: HostRecord, response: Response) {
    this.#host = host;
    this.#response = response;
    // There is nothing to read, so nothing has to be held.
    if (response.body === null) host.complete(HostResult.ok, undefined);
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
    return this.#stage !== "unread";
  }

  get body(): ResponseBody {
    return this;
  }

  json<T = unknown>(): Op<T> {
    return this.#read((response) => response.json());
  }

  text(): Op<string> {
    return this.#read((response) => response.text());
  }

  bytes(): Op<Uint8Array> {
    return this.#read(async (response) => new Uint8Array(await response.arrayBuffer()));
  }

  arrayBuffer(): Op<ArrayBuffer> {
    return this.#read((response) => response.arrayBuffer());
  }

  blob(): Op<Blob> {
    return this.#read((response) => response.blob());
  }

  formData(): Op<FormData> {
    return this.#read((response) => response.formData());
  }

  cancel(): void {
    if (this.#stage === "ended") return;
    const stream = this.#reader ?? this.#response.body;
    this.#end(HostResult.ok, undefined);
    // It may be locked or broken already; either way nobody waits for it.
    stream?.cancel().catch(() => undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    this.#take();
    this.#reader = this.#response.body?.getReader();
    return {
      next: () => this.#readPiece(),
      return: async () => {
        this.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  #read<T>(read: (response: Response) => Promise<T>): Op<T> {
    this.#take();
    const response = this.#response;
    const host = this.#host;
    if (response.body === null)
      return foreignOp(host.task, () => read(response), { label: host.label });
    const op = this.#wait<T>();
    read(response).then(
      (value) => this.#end(HostResult.ok, value),
      (error: unknown) => this.#end(HostResult.err, error),
    );
    return op;
  }

  #readPiece(): Promise<IteratorResult<Uint8Array, undefined>> {
    const reader = this.#reader;
    if (reader === undefined || this.#stage === "ended") {
      return Promise.resolve({ done: true, value: undefined });
    }
    const op = this.#wait<IteratorResult<Uint8Array, undefined>>();
    reader.read().then(
      (piece) => {
        if (piece.done) this.#end(HostResult.ok, piece);
        else this.#host.notify(HostResult.ok, piece);
      },
      (error: unknown) => this.#end(HostResult.err, error),
    );
    return op.promise();
  }

  /** Opens a wait for the next result of the host operation. */
  #wait<T>(): OpRecord<T> {
    const { task, handle } = this.#host;
    checkActive(task);
    const op = openOp<T>(task, this.#host);
    const answer = task.scope.runtime.port.host_wait(handle, op.token);
    if (answer < 0) {
      closeOp(op);
      throw refusal(answer, `the response of task "${task.label}"`);
    }
    return op;
  }

  /** Makes sure that the body is read once, and only by its task. */
  #take(): void {
    checkActive(this.#host.task);
    if (this.#stage !== "unread" || this.#response.bodyUsed) {
      throw new AsupersyncError("BODY_USED", `one of ${this.#host.label}, read before`);
    }
    this.#stage = "taken";
  }

  #end(code: HostResult, result: unknown): void {
    if (this.#stage === "ended") return;
    this.#stage = "ended";
    this.#host.complete(code, result);
  }
}
