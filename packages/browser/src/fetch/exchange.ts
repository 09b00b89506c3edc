/** Owns one request under way: what aborts it, how its response is read, and when it has ended. */

import { HostKindCode } from "@asupersync/browser-core";
import type { CancelledError } from "../cancel.js";
import { refusal } from "../errors.js";
import { foreignOp } from "../foreign.js";
import { HostRecord, HostResult, openHost } from "../host-op.js";
import { closeOp, type Op, type OpRecord, openOp } from "../op.js";
import { checkOrigin } from "../origins.js";
import { type Follower, followSignal, type SignalLink } from "../signal-link.js";
import type { TaskRecord } from "../task.js";
import { TaskTimer, type TimerOwner } from "../task-timer.js";
import { TimeoutError } from "../timeout-error.js";
import { invalidArgument } from "../validate.js";
import { HttpStatusError, networkError, tooLarge } from "./errors.js";
import { type FetchSetup, fetchLabel, isStreamed, makeRequest } from "./request.js";
import type { FetchResponse } from "./response.js";

/** Bytes as the platform gives them. */
export type Piece = Uint8Array<ArrayBuffer>;

type PieceResult = IteratorResult<Piece, undefined>;

/** Makes what the task sees of a response. */
export type MakeResponse = (exchange: Exchange, response: Response) => FetchResponse;

/**
 * A request and the body of its response: one host operation of the task.
 *
 * ```text
 *           the response           piece, whole
 *  waiting ─────────────► parked ◄──────────────► reading ─────► ended
 *     │                     │      a piece came      │ the body's end
 *     └─────────────────────┴────────────────────────┘ giveUp, cancel, a failure
 * ```
 * The kernel's order to abort ends it at once while it is parked; else the promise that is waited for
 * does, when the platform has let go.
 */
export class Exchange extends HostRecord implements TimerOwner, Follower {
  override readonly controller = new AbortController();
  readonly setup: FetchSetup;
  /** Kept for as long as it may be aborted: one that is collected passes no signal on. */
  readonly sent: Request;
  #stage: "waiting" | "parked" | "reading" | "ended" = "waiting";
  /** Why it was given up; what is read from then on fails with it. */
  #failure: { readonly error: unknown } | undefined = undefined;
  #timer: TaskTimer | undefined = undefined;
  #link: SignalLink | undefined = undefined;
  #reader: ReadableStreamDefaultReader<Piece> | undefined = undefined;
  #loaded = 0;
  #total: number | undefined = undefined;

  constructor(task: TaskRecord, setup: FetchSetup) {
    super(task, HostKindCode.fetch, fetchLabel(setup.url));
    this.setup = setup;
    this.sent = makeRequest(setup, this.controller.signal, (error) => this.giveUp(error));
  }

  /** Sends the request, unless the task or the caller's signal is cancelled already. */
  start(makeResponse: MakeResponse): Op<FetchResponse> {
    const op = openHost<FetchResponse>(this);
    // 0: the task is cancelled. Nothing is sent, and the wait fails in the next turn.
    if (this.handle > 0) this.#send(makeResponse);
    return op;
  }

  /** Reads the next piece. The first one after the last is `done`, and so is every other. */
  piece(): Promise<PieceResult> {
    if (this.#stage === "ended")
      return (this.#settled(() => DONE) as OpRecord).promise() as Promise<PieceResult>;
    const op = this.#wait<PieceResult>();
    this.#read().then(
      (piece) => this.#readPiece(piece),
      (error: unknown) => this.giveUp(error),
    );
    return op.promise();
  }

  /** Reads what is left, and gives what `parse` makes of it. */
  whole<T>(parse: (bytes: Piece) => T | Promise<T>): Op<T> {
    if (this.#stage === "ended") return this.#settled(() => parse(new Uint8Array()));
    const op = this.#wait<T>();
    this.#readWhole()
      .then(parse)
      .then(
        (value) => this.#end(HostResult.ok, value),
        (error: unknown) => this.giveUp(error),
      );
    return op;
  }

  /** Says that the rest is not wanted. */
  cancel(): void {
    this.#end(HostResult.ok, DONE);
    this.#letGo();
  }

  /** Ends it with `error`, whatever it was at. */
  giveUp(error: unknown): void {
    if (this.#stage === "ended") return;
    this.#failure ??= { error };
    this.#end(HostResult.err, error);
    this.controller.abort(error);
    this.#letGo();
  }

  /** The kernel orders it to be aborted. */
  override abort(reason: CancelledError): void {
    this.#failure ??= { error: reason };
    super.abort(reason);
    this.#letGo();
    if (this.#stage === "parked") this.#end(HostResult.err, undefined);
  }

  /** The time for the headers is over. */
  timedOut(): void {
    this.giveUp(
      new TimeoutError("TIMEOUT", `no answer in ${this.setup.timeoutMs} ms to ${this.label}`, {
        mend: "allow more time, or look at the server",
      }),
    );
  }

  /** The caller's signal has aborted. */
  request(): void {
    this.giveUp(this.setup.signal?.reason);
  }

  override forget(): void {
    super.forget();
    this.#timer?.stop();
    this.#link?.delete(this);
  }

  #send(makeResponse: MakeResponse): void {
    const { task, setup } = this;
    const { signal, timeoutMs } = setup;
    if (signal !== undefined) this.#link = followSignal(this, signal);
    // It has aborted before.
    if (this.#stage === "ended") return;
    const { fetch = globalThis.fetch } = task.scope.runtime.added;
    const send = async (): Promise<Response> => {
      if (timeoutMs !== undefined) this.#timer = new TaskTimer(task, timeoutMs, this);
      return fetch(this.sent);
    };
    send()
      .then(
        (response) => this.#respond(response, makeResponse),
        (error: unknown) => this.giveUp(this.#failed(error)),
      )
      .catch((error: unknown) => this.giveUp(error));
  }

  #respond(response: Response, makeResponse: MakeResponse): void {
    if (typeof response?.headers?.get !== "function") {
      const mend = "have it give what fetch gives";
      throw invalidArgument(response, "a Response of fetch.implementation", mend);
    }
    this.#reader = response.body?.getReader() as ReadableStreamDefaultReader<Piece> | undefined;
    this.#total = bytesOf(response.headers);
    if (isEmpty(this.sent, response)) {
      // Some platforms give a body all the same.
      this.#letGo();
      this.#reader = undefined;
    }
    if (this.controller.signal.aborted) {
      // It came too late.
      this.#letGo();
      this.#end(HostResult.err, undefined);
      return;
    }
    this.#timer?.stop();
    this.#checkOrigin(response);
    const made = makeResponse(this, response);
    const isExpected = this.setup.expect?.(response.status) ?? true;
    const code = isExpected ? HostResult.ok : HostResult.err;
    const result = isExpected ? made : new HttpStatusError(this.label, made);
    if (this.#reader === undefined) {
      // There is nothing to read, so nothing has to be held.
      this.#end(code, result);
      return;
    }
    this.#stage = "parked";
    this.notify(code, result);
  }

  /** Where redirects have led is seen only now, and not at all of an opaque response. */
  #checkOrigin({ url, type }: Response): void {
    const { origins } = this.task.scope.runtime.added;
    if (url !== "") checkOrigin(origins, new URL(url));
    else if (type === "opaque") checkOrigin(origins, undefined);
  }

  #readPiece(piece: PieceResult): void {
    if (this.#stage === "ended") return;
    if (piece.done === true) this.#end(HostResult.ok, DONE);
    else if (this.controller.signal.aborted) this.#end(HostResult.err, undefined);
    else {
      this.#stage = "parked";
      this.notify(HostResult.ok, piece);
    }
  }

  async #readWhole(): Promise<Piece> {
    const { bodyBytesMax } = this.setup;
    const pieces: Piece[] = [];
    let length = 0;
    for (let next = await this.#read(); next.done !== true; next = await this.#read()) {
      length += next.value.byteLength;
      if (length > bodyBytesMax) throw tooLarge("a body", bodyBytesMax, "bodyBytesMax");
      pieces.push(next.value);
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.byteLength;
    }
    return bytes;
  }

  /** The next piece, counted. */
  async #read(): Promise<PieceResult> {
    const next = await this.#reader?.read().catch((error: unknown) => {
      throw this.#failed(error);
    });
    if (this.#failure !== undefined) throw this.#failure.error;
    if (next === undefined || next.done) return DONE;
    this.#loaded += next.value.byteLength;
    // More than was announced: what was announced is of the compressed body.
    if (this.#total !== undefined && this.#loaded > this.#total) this.#total = undefined;
    this.setup.onDownloadProgress?.({ loaded: this.#loaded, total: this.#total });
    return next;
  }

  /** What the platform's error means: what we aborted for, or else that the network failed. */
  #failed(error: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure.error;
    let mend: string | undefined;
    if (this.#stage === "waiting") {
      if (this.sent.redirect === "error") mend = "see `cause`; a redirect fails it too";
      if (isStreamed(this.setup)) {
        mend = "see `cause`; browsers send a body in pieces over HTTP/2 or newer only";
      }
    }
    return networkError(this.label, error, mend);
  }

  /** An operation on what has ended. */
  #settled<T>(value: () => T | Promise<T>): Op<T> {
    const failure = this.#failure;
    const give = async (): Promise<T> => {
      if (failure !== undefined) throw failure.error;
      return value();
    };
    return foreignOp(this.task, give, { label: this.label });
  }

  /** Opens a wait for what is read next. */
  #wait<T>(): OpRecord<T> {
    const { task } = this;
    const op = openOp<T>(task, this);
    const answer = task.scope.runtime.port.host_wait(this.handle, op.token);
    if (answer < 0) {
      closeOp(op);
      throw refusal(answer, `a request of task "${task.label}"`);
    }
    this.#stage = "reading";
    return op;
  }

  #end(code: HostResult, result: unknown): void {
    const stage = this.#stage;
    if (stage === "ended") return;
    this.#stage = "ended";
    if (stage === "parked") this.conclude(code);
    else this.complete(code, result);
  }

  #letGo(): void {
    // It may be broken already; either way nobody waits for it.
    this.#reader?.cancel().catch(() => undefined);
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** Whether the answer has no body by what it is. */
function isEmpty({ method }: Request, { status }: Response): boolean {
  return method === "HEAD" || status === 204 || status === 205 || status === 304;
}

/** Bytes that the body will have, where the headers say so: the length is of what is compressed. */
function bytesOf(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null || headers.has("content-encoding") ? undefined : Number(length);
}
