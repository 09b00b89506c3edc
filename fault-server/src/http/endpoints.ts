/** Owns the table of HTTP endpoints: well-behaved ones, and one for each way to misbehave. */
import type { Exchange } from "./answer.js";

/** By the first part of the path. */
export const ENDPOINTS: { readonly [name: string]: (exchange: Exchange) => void } = {
  /** Answers with JSON. */
  json: ({ response }) =>
    void response.setHeader("content-type", "application/json").end('{"answer":42}'),
  /** Gives back the body of the request. */
  echo: ({ request, response }) => void request.pipe(response),
  /** Never answers. */
  hang: () => undefined,
};
