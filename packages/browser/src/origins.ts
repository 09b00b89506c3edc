/** Owns which origins a runtime speaks to: any, unless the app has listed those that it allows. */
import { AsupersyncError } from "./errors.js";
import { addOption } from "./runtime.js";
import { invalidArgument } from "./validate.js";

addOption("allowedOrigins", ({ allowedOrigins }) => ({ origins: decodeOrigins(allowedOrigins) }));

declare module "./runtime.js" {
  interface AddedSetup {
    readonly origins?: AllowedOrigins;
  }

  interface RuntimeOptions {
    /**
     * The only origins that requests and sockets may go to, such as `["https://api.example.com"]`; list
     * `location.origin` for the page's own. Left out, all are allowed; `[]` allows none. `wss:` goes by the
     * entry with `https:`. What is not allowed fails with `ORIGIN_NOT_ALLOWED`: before anything is sent, and
     * again where a redirect has led elsewhere.
     */
    readonly allowedOrigins?: readonly (string | URL)[];
  }
}

/** The origins that are allowed; undefined allows all. Those of sockets stand with those of requests. */
export type AllowedOrigins = ReadonlySet<string> | undefined;

/**
 * Checks the list of the option `allowedOrigins`.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT` for what is no list of origins.
 */
function decodeOrigins(value: unknown): AllowedOrigins {
  if (value === undefined) return undefined;
  const expected = "an array of origins as allowedOrigins";
  if (!Array.isArray(value)) throw invalidArgument(value, expected, MEND);
  return new Set(value.map(decodeOrigin));
}

/**
 * Lets an address pass whose origin is allowed: `ws:` stands for `http:`, `wss:` for `https:`. What has
 * no origin, such as `data:`, passes only where everything does.
 *
 * @param url Undefined where the address is hidden.
 * @throws {AsupersyncError} `ORIGIN_NOT_ALLOWED`.
 */
export function checkOrigin(allowed: AllowedOrigins, url: URL | undefined): void {
  if (allowed === undefined || (url !== undefined && allowed.has(originOf(url)))) return;
  // Without path and query, which may hold what is nobody's business.
  const received = url === undefined ? "an origin that the platform hides" : originOf(url);
  throw new AsupersyncError("ORIGIN_NOT_ALLOWED", received);
}

const MEND = 'list them as in ["https://api.example.com", location.origin]';

function decodeOrigin(entry: unknown): string {
  const url = parse(entry);
  const isOrigin = url !== undefined && `${url.origin}/` === url.href;
  if (isOrigin) return originOf(url);
  throw invalidArgument(entry, "an origin without a path, in allowedOrigins", MEND);
}

function parse(entry: unknown): URL | undefined {
  try {
    return new URL(entry as string);
  } catch {
    return undefined;
  }
}

function originOf(url: URL): string {
  return url.origin.replace(/^ws/, "http");
}
