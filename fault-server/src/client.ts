/** Owns the tests' side of the fault server: addresses with a key of their own, and the ledger of it. */
import type { LedgerEntry } from "./ledger.js";

export type { ScriptTurn } from "./http/script.js";

/** Where a fault server is. */
export interface FaultOrigins {
  /** Such as `http://127.0.0.1:40123`; the WebSocket endpoints are at the same port. */
  readonly origin: string;
  /** The same HTTP endpoints at another port, which makes it another origin. */
  readonly otherOrigin: string;
  /**
   * For the tests' own questions and commands: a browser has six connections for an origin, and those of
   * {@link FaultOrigins.origin} may all be held by what is tested.
   */
  readonly controlOrigin: string;
}

/** The fault server as one test sees it. Works in Node and in a browser. */
export class FaultClient {
  readonly #origin: string;
  readonly #otherOrigin: string;
  readonly #controlOrigin: string;
  readonly #key = crypto.randomUUID();

  constructor({ origin, otherOrigin, controlOrigin }: FaultOrigins) {
    this.#origin = origin;
    this.#otherOrigin = otherOrigin;
    this.#controlOrigin = controlOrigin;
  }

  /** The origin of {@link FaultClient.http}. */
  get origin(): string {
    return this.#origin;
  }

  /** Address of an HTTP endpoint, such as `/hang?status=500`. */
  http(path: string): string {
    return this.#address(this.#origin, path);
  }

  /** The same at another origin. */
  otherHttp(path: string): string {
    return this.#address(this.#otherOrigin, path);
  }

  /** Address of a WebSocket endpoint, such as `/echo`. */
  socket(path: string): string {
    return this.#address(this.#origin.replace("http", "ws"), `/socket${path}`);
  }

  /** Gives `command` to every socket of this test, and says how many connections are open. */
  async tellSockets(command: string): Promise<number> {
    return this.#sockets(`&command=${command}`);
  }

  /** How many WebSocket connections of this test are open. */
  async openSockets(): Promise<number> {
    return this.#sockets("");
  }

  /** What the server has seen of this test so far. */
  async entries(): Promise<readonly LedgerEntry[]> {
    return this.#ledger("");
  }

  /** Waits until the server has seen `kind` so many times, and gives all that it has seen. */
  async until(kind: string, count = 1): Promise<readonly LedgerEntry[]> {
    return this.#ledger(`&until=${kind}&count=${count}`);
  }

  /** Lets endpoints that wait for steps go on. */
  async step(count = 1): Promise<void> {
    await fetch(`${this.#controlOrigin}/step?key=${this.#key}&count=${count}`);
  }

  #address(origin: string, path: string): string {
    const url = new URL(path, origin);
    url.searchParams.set("key", this.#key);
    return url.href;
  }

  async #sockets(query: string): Promise<number> {
    const response = await fetch(`${this.#controlOrigin}/sockets?key=${this.#key}${query}`);
    return Number(await response.text());
  }

  async #ledger(query: string): Promise<readonly LedgerEntry[]> {
    const response = await fetch(`${this.#controlOrigin}/ledger?key=${this.#key}${query}`);
    return response.json() as Promise<readonly LedgerEntry[]>;
  }
}
