/** Owns the refusal of what only a browser can do: one line that says what to do instead. */
import { clientMarker } from "./client-marker.js";
import { AsupersyncNextError } from "./errors.js";

/** Whether this code runs where no page is: a server component, a route handler, or the server's rendering. */
export const isServer: boolean = typeof window === "undefined";

/**
 * Refuses a call from a server component, a route handler or a Server Action. The rendering of client
 * files on the server passes.
 *
 * @throws {AsupersyncNextError} `NEXT_SERVER_USE`.
 */
export function refuseServerModule(what: string): void {
  // Only there does the bundler put a client reference in the place of a "use client" export; no
  // export condition or global tells a server component from a client file rendered on the server.
  const { $$typeof } = clientMarker as { readonly $$typeof?: unknown };
  if ($$typeof !== Symbol.for("react.client.reference")) return;
  throw new AsupersyncNextError({
    code: "NEXT_SERVER_USE",
    expected: `${what} in a client file`,
    received: "a call in a server module",
    mend: 'put "use client" at the top of the file that calls it, and import its component from there',
  });
}

/** The error for loading a runtime while the server renders a client file. */
export function serverLoadError(): AsupersyncNextError {
  const mend =
    "call it in an effect or an event handler, or let withAsupersyncClientBoundary do it";
  return serverCallError("load()", mend);
}

/** The error for a call that only a browser can answer, while the server renders a client file. */
export function serverCallError(
  what: string,
  mend = "call it in an effect, an event handler or a task",
): AsupersyncNextError {
  return new AsupersyncNextError({
    code: "NEXT_SERVER_USE",
    expected: `${what} in the browser`,
    received: "a call on the server",
    mend,
  });
}
