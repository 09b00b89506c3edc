/** Owns one worker from its making to its end: the handshake, the port, and how its death is noticed. */

import type { WasmSource } from "@asupersync/browser-core";
import { ABI_VERSION } from "@asupersync/browser-core";
import { loadKernelWasm } from "@asupersync/browser-core/load";
import { rethrowLoadError } from "../create-runtime.js";
import { AsupersyncError } from "../errors.js";
import { TIMER_MS_MAX } from "./close-wait.js";
import { checkWorker, listenToPort, listenToWorker, type WorkerLike } from "./endpoint.js";
import {
  broken,
  decodeFromWorker,
  decodeToPage,
  type Hello,
  PROTOCOL_VERSION,
  type ToPage,
  type ToWorker,
} from "./protocol.js";
import { decodeThrown } from "./wire-error.js";

/** What a link is made of. */
export interface LinkSetup {
  readonly make: () => WorkerLike;
  readonly wasm: WasmSource | undefined;
  readonly options: Hello["options"];
  readonly callsMax: number;
  /** Milliseconds that the worker has to answer the first time. */
  readonly startTimeMs: number;
}

/** Who hears of a link. Nothing is said after `lost`, or once the link was ended. */
export interface LinkListener {
  /** The worker takes calls. */
  welcomed(): void;
  received(message: Exclude<ToPage, { readonly type: "welcome" }>): void;
  /** What came was no message of the protocol; it touched nothing. */
  violated(error: AsupersyncError): void;
  /** The worker did not start, or is gone. */
  lost(error: AsupersyncError): void;
}

/** A worker and the port to it. */
export class WorkerLink {
  readonly #setup: LinkSetup;
  readonly #listener: LinkListener;
  #stage: "starting" | "greeted" | "running" | "ended" = "starting";
  #worker: WorkerLike | undefined = undefined;
  #port: MessagePort | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  readonly #stops: (() => void)[] = [];

  constructor(setup: LinkSetup, listener: LinkListener) {
    this.#setup = setup;
    this.#listener = listener;
  }

  /** Makes the worker. What goes wrong is told by `lost`, at the earliest in a microtask. */
  start(): void {
    const { make, startTimeMs, wasm } = this.#setup;
    const refuse = (error: unknown): void => queueMicrotask(() => this.#unavailable(error));
    // Compiled while the worker loads.
    const compiled = loadKernelWasm(wasm).catch(rethrowLoadError);
    compiled.catch(refuse);
    try {
      const worker = make();
      checkWorker(worker);
      this.#worker = worker;
      const stop = listenToWorker(worker, {
        message: (data) => this.#handshake(data, compiled),
        failed: (error) => this.#failed(error),
      });
      this.#stops.push(stop);
    } catch (error) {
      refuse(error);
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#unavailable(new Error(`it did not answer in ${startTimeMs} ms`));
      },
      Math.min(startTimeMs, TIMER_MS_MAX),
    );
  }

  /**
   * Posts a message.
   *
   * @throws What the platform throws for what cannot be posted.
   */
  post(message: ToWorker, transfer: readonly Transferable[] = []): void {
    this.#port?.postMessage(message, transfer as Transferable[]);
  }

  /** Ends the worker, whatever it is doing. */
  end(): void {
    if (this.#stage === "ended") return;
    this.#stage = "ended";
    clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
    this.#port?.close();
    this.#worker?.terminate();
  }

  #handshake(data: unknown, compiled: Promise<WebAssembly.Module>): void {
    try {
      const message = decodeFromWorker(data);
      if (message === undefined) return;
      if (message.type === "refused") {
        this.#unavailable(decodeThrown(message.error)?.thrown ?? broken(message, "error"));
      } else if (message.type === "leaving") {
        this.#failed(new Error("it ended by itself"));
      } else if (this.#stage === "starting") {
        this.#stage = "greeted";
        compiled.then((wasm) => this.#greet(wasm)).catch((error) => this.#unavailable(error));
      }
    } catch (error) {
      if (this.#stage === "running") this.#listener.violated(error as AsupersyncError);
      else this.#unavailable(error);
    }
  }

  #greet(wasm: WebAssembly.Module): void {
    if (this.#stage !== "greeted") return;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const receive = (data: unknown): void => this.#receive(data);
    this.#stops.push(listenToPort(port1, receive, (error) => this.#failed(error)));
    const { options, callsMax } = this.#setup;
    const hello: Hello = {
      asupersync: true,
      v: PROTOCOL_VERSION,
      type: "hello",
      abi: ABI_VERSION,
      wasm,
      port: port2,
      options,
      callsMax,
    };
    this.#worker?.postMessage(hello, [port2 as never]);
  }

  #receive(data: unknown): void {
    let message: ToPage;
    try {
      message = decodeToPage(data);
    } catch (error) {
      this.#listener.violated(error as AsupersyncError);
      return;
    }
    if (message.type !== "welcome") {
      this.#listener.received(message);
    } else if (this.#stage === "greeted") {
      this.#stage = "running";
      clearTimeout(this.#timer);
      this.#listener.welcomed();
    }
  }

  #failed(error: unknown): void {
    if (this.#stage === "running") this.#lose(crashed(error));
    else this.#unavailable(error);
  }

  #unavailable(error: unknown): void {
    this.#lose(isOwnReason(error) ? error : unavailable(error));
  }

  #lose(error: AsupersyncError): void {
    if (this.#stage === "ended") return;
    this.end();
    this.#listener.lost(error);
  }
}

/** Whether the error itself says best why a worker did not start. */
function isOwnReason(error: unknown): error is AsupersyncError {
  return error instanceof AsupersyncError && error.code !== "WORKER_PROTOCOL";
}

function unavailable(cause: unknown): AsupersyncError {
  return new AsupersyncError(
    "WORKER_UNAVAILABLE",
    `a worker that did not start: ${messageOf(cause)}`,
    {
      cause,
    },
  );
}

/** The error for a worker that is gone. */
export function crashed(cause: unknown): AsupersyncError {
  return new AsupersyncError("WORKER_CRASHED", `a worker that ended: ${messageOf(cause)}`, {
    cause,
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
