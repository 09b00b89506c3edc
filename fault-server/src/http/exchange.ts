/** Owns what an endpoint is given: one request, and what may be done with it. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** One request on its way through an endpoint. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The request's key. */
  readonly key: string;
  /** Notes something under the request's key. */
  readonly note: (kind: string, detail?: unknown) => void;
  /** Waits for the test's next step; never, once the connection has gone. */
  readonly step: () => Promise<void>;
}
