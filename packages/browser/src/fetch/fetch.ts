/** Owns `cx.fetch`: a request whose response belongs to its task, body included. */
import { checkActive } from "../active.js";
import { addOperation } from "../cx.js";
import type { Op } from "../op.js";
import { checkOrigin } from "../origins.js";
import { addOption, decodeCapability } from "../runtime.js";
import type { TaskRecord } from "../task.js";
import { Exchange } from "./exchange.js";
import {
  decodeFetch,
  type FetchImplementation,
  type FetchInit,
  type FetchInput,
} from "./request.js";
import { type FetchResponse, ResponseRecord } from "./response.js";

addOperation("fetch", fetchOp);
addOption("fetch", ({ fetch }) => ({ fetch: decodeCapability(fetch, "fetch") }));

declare module "../runtime.js" {
  interface AddedSetup {
    /** What makes requests; left out it is the platform's own, whatever that is by then. */
    readonly fetch?: FetchImplementation | undefined;
  }

  interface RuntimeOptions {
    /** How `cx.fetch` makes its requests: for tests, and for hosts with a client of their own. */
    readonly fetch?: {
      /** Called with each request in place of the platform's `fetch`. */
      readonly implementation?: FetchImplementation;
    };
  }
}

declare module "../cx.js" {
  interface Cx {
    /**
     * Makes a request, and gives its response when the headers have come. It is aborted, response body
     * included, when the task is cancelled or ends; by a task that is cancelled already nothing is sent.
     *
     * Fails with `NETWORK` when no answer comes, which has the platform's own error as `cause`, with
     * `TIMEOUT` after `timeoutMs`, with {@link HttpStatusError} for a status that `expect` does not take,
     * with `ORIGIN_NOT_ALLOWED` where a redirect led to such an origin, and with the `reason` of
     * `init.signal` when that aborts.
     *
     * @param init As for `fetch`, and what {@link FetchInit} adds.
     * @throws {AsupersyncError} `INVALID_ARGUMENT` or `INVALID_NUMBER` for what is no request,
     *   `ORIGIN_NOT_ALLOWED` before anything is sent, `UPLOAD_STREAM_UNAVAILABLE` where the platform
     *   cannot send a body in pieces.
     * @example
     * ```ts
     * const response = await cx.fetch("/api/hits", { expect: "ok", timeoutMs: 5_000 });
     * const hits = await response.json<Hit[]>();
     * ```
     */
    fetch(input: FetchInput, init?: FetchInit): Op<FetchResponse>;
  }
}

/** See {@link Cx.fetch}. */
export function fetchOp(task: TaskRecord, input: FetchInput, init?: FetchInit): Op<FetchResponse> {
  checkActive(task);
  const setup = decodeFetch(task, input, init);
  checkOrigin(task.scope.runtime.added.origins, setup.url);
  return new Exchange(task, setup).start(makeResponse);
}

function makeResponse(exchange: Exchange, response: Response): FetchResponse {
  return new ResponseRecord(exchange, response, fetchOp);
}
