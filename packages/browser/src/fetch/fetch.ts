/** Owns `cx.fetch`: a request whose response belongs to its task, body included. */

import { HostKindCode } from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import { addOperation } from "../cx.js";
import { AsupersyncError, refusal } from "../errors.js";
import { HostRecord, HostResult } from "../host-op.js";
import { closeOp, type Op, type OpRecord, type OpSource, openOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkObject, invalidArgument, LABEL_CHARS_MAX } from "../validate.js";
import { type FetchResponse, ResponseRecord } from "./response.js";

addOperation("fetch", fetchOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Makes a request. It is aborted, response body included, when the task is cancelled or ends.
     *
     * @param init As for `fetch`, without `signal`: the task is the signal.
     * @throws {AsupersyncError} `INVALID_ARGUMENT`. What `fetch` rejects with fails the operation.
     */
    fetch(input: string | URL, init?: RequestInit): Op<FetchResponse>;
  }
}

/** See {@link Cx.fetch}. */
export function fetchOp(
  task: TaskRecord,
  input: string | URL,
  init?: RequestInit,
): Op<FetchResponse> {
  checkActive(task);
  const url = decodeUrl(input);
  const host = new HostRecord(task, HostKindCode.fetch, fetchLabel(url));
  const copy = decodeInit(task, init);
  const op = openOp<FetchResponse>(task, new HeadersWait(host));
  const handle = task.scope.runtime.port.fetch_start(task.handle, op.token, url, copy);
  if (handle < 0) {
    closeOp(op);
    throw refusal(handle, `task "${task.label}"`);
  }
  // 0: the task is cancelled. No request is made, and the wait fails in the next turn.
  if (handle > 0) host.opened(handle);
  return op;
}

/** Ends the wait for the headers. */
class HeadersWait implements OpSource {
  readonly #host: HostRecord;

  constructor(host: HostRecord) {
    this.#host = host;
  }

  finish(op: OpRecord, aux: number): void {
    const host = this.#host;
    const result = host.task.scope.runtime.port.fetch_take(host.handle);
    if (aux !== HostResult.ok) {
      host.forget();
      op.fail(result);
      return;
    }
    op.fulfil(new ResponseRecord(host, result as Response));
  }
}

function decodeUrl(input: unknown): string {
  if (typeof input === "string") return input;
  if (input instanceof URL) return input.href;
  const mend = "of a Request pass its url, and the rest as init";
  throw invalidArgument(input, "an address: a string or a URL", mend);
}

/** A copy for the kernel's capsule, which sets its own signal on it. */
function decodeInit(task: TaskRecord, init: RequestInit | undefined): RequestInit {
  checkObject(init, "an object as init", "pass what fetch takes, or nothing");
  const copy = { ...init };
  const { signal } = copy;
  // The request is aborted with its task; a second owner would have to be watched for its whole life.
  if (signal !== undefined && signal !== null && signal !== task.extras?.controller?.signal) {
    throw new AsupersyncError("INVALID_ARGUMENT", "init.signal", {
      expected: "init without a signal, since the task is the signal",
      mend: "cancel the task instead, or use cx.foreign",
    });
  }
  return copy;
}

/** `fetch /api/search`: without query and fragment, which may hold what is nobody's business. */
function fetchLabel(url: string): string {
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  const origin = globalThis.location?.origin;
  const isOwn = origin !== undefined && path.startsWith(`${origin}/`);
  return `fetch ${isOwn ? path.slice(origin.length) : path}`.slice(0, LABEL_CHARS_MAX);
}
