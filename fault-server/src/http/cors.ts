/** Owns the headers that let pages of other origins ask, and read the answer. */
import type { IncomingMessage } from "node:http";

/** Pages of other origins ask: the tests' own is served by the test runner. */
export function corsHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return {
    "access-control-allow-origin": request.headers.origin ?? "*",
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "*, content-type, authorization, last-event-id, x-test",
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-expose-headers": "*, x-test",
  };
}
