/** Messages that nobody honest sends: each is refused by a typed error, and touches nothing. */
import { ABI_VERSION, openKernelModule } from "@asupersync/browser-core";
import { loadKernelWasm } from "@asupersync/browser-core/load";
import { describe, expect, onTestFinished, test } from "vitest";
import { AsupersyncError, LaggedError, TimeoutError } from "../../src/index.js";
import { decodeRuntimeOptions } from "../../src/runtime.js";
import { RuntimeRecord } from "../../src/runtime-record.js";
import { takeTag } from "../../src/tag.js";
import { decodeHello, PROTOCOL_VERSION } from "../../src/worker/protocol.js";
import { TaskServer } from "../../src/worker/server.js";
import {
  decodeCancel,
  decodeThrown,
  encodeThrown,
  type WireThrown,
} from "../../src/worker/wire-error.js";
import { decodeOutcome, decodeReport } from "../../src/worker/wire-outcome.js";
import { deferred, thrown } from "../support.js";
import { client, errorOf, SOON } from "./support.js";

const v = PROTOCOL_VERSION;

/** What is no message, for either side. */
const GARBAGE: readonly (readonly [unknown, string])[] = [
  [undefined, "WORKER_PROTOCOL"],
  [null, "WORKER_PROTOCOL"],
  ["call", "WORKER_PROTOCOL"],
  [[], "WORKER_VERSION"],
  [{}, "WORKER_VERSION"],
  [{ v: 0, type: "close" }, "WORKER_VERSION"],
  [{ v: v + 1, type: "close" }, "WORKER_VERSION"],
  [{ v: String(v), type: "close" }, "WORKER_VERSION"],
  [{ v }, "WORKER_PROTOCOL"],
  [{ v, type: "toString" }, "WORKER_PROTOCOL"],
  [{ v, type: 7 }, "WORKER_PROTOCOL"],
];

const IDS: readonly unknown[] = [undefined, null, "1", 0, -1, 1.5, Number.NaN, 2 ** 53, {}];

interface Message {
  readonly type: string;
  readonly id?: number;
  readonly outcome?: { readonly kind: string; readonly value?: unknown };
  readonly error?: WireThrown;
}

/** A port whose other side the test speaks for. */
class Peer {
  readonly #port: MessagePort;
  readonly #messages: Message[] = [];
  #wake: () => void = () => undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }) => {
      this.#messages.push(data);
      this.#wake();
    };
    onTestFinished(() => port.close());
  }

  post(message: unknown): void {
    this.#port.postMessage(message);
  }

  /** The next message. */
  async next(): Promise<Message> {
    while (this.#messages.length === 0) {
      const { promise, resolve } = deferred();
      this.#wake = resolve;
      await promise;
    }
    return this.#messages.shift() as Message;
  }

  /** The code of the violation that comes next. */
  async violation(): Promise<unknown> {
    const { type, error } = await this.next();
    expect(type).toBe("violation");
    const decoded = decodeThrown(error);
    expect(decoded?.thrown).toBeInstanceOf(AsupersyncError);
    return (decoded as { readonly thrown: AsupersyncError }).thrown.code;
  }
}

describe("what comes to a worker", () => {
  async function serve(): Promise<{ peer: Peer; server: TaskServer }> {
    const { port1, port2 } = new MessageChannel();
    const wasm = await loadKernelWasm();
    const module = await openKernelModule(() => Promise.resolve(wasm));
    const setup = decodeRuntimeOptions({ seed: 1, drainTimeMs: 20 });
    const server = new TaskServer({
      port: port2,
      callsMax: 2,
      tasks: {
        echo: (_cx, input) => input,
        hold: async (cx) => cx.sleep(1e9),
      },
      createRuntime: (onFailure) =>
        new RuntimeRecord({ ...setup, onFailure, module, tag: takeTag() }),
    });
    onTestFinished(() => server.runtime.close().then(() => port2.close()));
    const peer = new Peer(port1);
    expect(await peer.next()).toEqual({ v, type: "welcome" });
    return { peer, server };
  }

  /** Whether the worker still does its work. */
  async function expectEcho(peer: Peer, id: number): Promise<void> {
    peer.post({ v, type: "call", id, name: "echo", input: "hello", credit: 0 });
    const outcome = { kind: "ok", value: "hello" };
    expect(await peer.next()).toEqual({ v, type: "outcome", id, outcome });
  }

  test("garbage is answered with a violation", async () => {
    const { peer, server } = await serve();
    for (const [message, code] of GARBAGE) {
      peer.post(message);
      expect(await peer.violation()).toBe(code);
    }
    await expectEcho(peer, 1);
    expect(server.size).toBe(0);
  });

  test("a number that is none is refused, in every message that has one", async () => {
    const { peer } = await serve();
    for (const id of IDS) {
      for (const message of [
        { v, type: "call", id, name: "echo", input: 1, credit: 0 },
        { v, type: "cancel", id, cancel: [] },
        { v, type: "credit", id, count: 1 },
      ]) {
        peer.post(message);
        expect(await peer.violation()).toBe("WORKER_PROTOCOL");
      }
    }
    await expectEcho(peer, 1);
  });

  test.each([
    [{ name: 7 }],
    [{ name: "x".repeat(201) }],
    [{ credit: -1 }],
    [{ credit: 1_025 }],
    [{ credit: undefined }],
  ])("a call with a broken part is refused: %j", async (part) => {
    const { peer } = await serve();
    peer.post({ v, type: "call", id: 1, name: "echo", input: 1, credit: 0, ...part });
    expect(await peer.violation()).toBe("WORKER_PROTOCOL");
    await expectEcho(peer, 1);
  });

  test("a number that was used before starts nothing", async () => {
    const { peer, server } = await serve();
    await expectEcho(peer, 5);
    for (const id of [5, 4, 1]) {
      peer.post({ v, type: "call", id, name: "hold", input: 1, credit: 0 });
      expect(await peer.violation()).toBe("WORKER_PROTOCOL");
    }
    expect(server.runtime.counters().tasksSpawned).toBe(1);
  });

  test("a forged number cancels nothing, a stale one is let pass", async () => {
    const { peer, server } = await serve();
    const cancel = [{ kind: "user", message: undefined, at: 0, truncated: false }];
    await expectEcho(peer, 1);
    peer.post({ v, type: "call", id: 2, name: "hold", input: 1, credit: 0 });
    peer.post({ v, type: "cancel", id: 3, cancel });
    expect(await peer.violation()).toBe("WORKER_PROTOCOL");
    peer.post({ v, type: "credit", id: 99, count: 1 });
    expect(await peer.violation()).toBe("WORKER_PROTOCOL");
    peer.post({ v, type: "cancel", id: 1, cancel });
    await expectEcho(peer, 4);
    expect(server.size).toBe(1);
    peer.post({ v, type: "cancel", id: 2, cancel });
    expect(await peer.next()).toMatchObject({ id: 2, outcome: { kind: "cancelled" } });
    expect(server.size).toBe(0);
  });

  test.each([
    [undefined],
    [[]],
    [[{}]],
    [[{ kind: "mine", at: 0 }]],
    [[{ kind: "user", at: "now" }]],
    [[{ kind: "user", at: 0, message: 7 }]],
    [Array.from({ length: 17 }, () => ({ kind: "user", at: 0 }))],
  ])("a reason that is none cancels nothing: %j", async (cancel) => {
    const { peer, server } = await serve();
    peer.post({ v, type: "call", id: 1, name: "hold", input: 1, credit: 0 });
    peer.post({ v, type: "cancel", id: 1, cancel });
    expect(await peer.violation()).toBe("WORKER_PROTOCOL");
    expect(server.size).toBe(1);
  });

  test("more calls than were agreed on are refused, not kept", async () => {
    const { peer, server } = await serve();
    for (const id of [1, 2, 3]) {
      peer.post({ v, type: "call", id, name: "hold", input: 1, credit: 0 });
    }
    const { id, outcome } = await peer.next();
    expect(id).toBe(3);
    expect(errorOf(decodeOutcome(outcome) as never)).toMatchObject({ code: "LIMIT_REACHED" });
    expect(server.size).toBe(2);
  });

  test.each<[string, object, string]>([
    ["of another ABI", { abi: ABI_VERSION + 1 }, "WORKER_VERSION"],
    ["of another version", { v: v + 1 }, "WORKER_VERSION"],
    ["without wasm", { wasm: {} }, "WORKER_PROTOCOL"],
    ["without a port", { port: undefined }, "WORKER_PROTOCOL"],
    ["with broken options", { options: null }, "WORKER_PROTOCOL"],
    ["with a broken bound", { callsMax: 0 }, "WORKER_PROTOCOL"],
    ["that is none", { type: "hullo" }, "WORKER_PROTOCOL"],
  ])("a greeting %s is refused", async (_, part, code) => {
    const { port1, port2 } = new MessageChannel();
    onTestFinished(() => {
      port1.close();
      port2.close();
    });
    const hello = {
      asupersync: true,
      v,
      type: "hello",
      abi: ABI_VERSION,
      wasm: await loadKernelWasm(),
      port: port1,
      options: {},
      callsMax: 1,
    };
    expect(decodeHello(hello, ABI_VERSION)).toBe(hello);
    expect(thrown(() => decodeHello({ ...hello, ...part }, ABI_VERSION))).toMatchObject({ code });
    expect(decodeHello("the app's own", ABI_VERSION)).toBeUndefined();
  });
});

describe("what comes to a page", () => {
  /** A client whose worker is the test. */
  async function pretend() {
    const scope = new EventTarget();
    const greeted = deferred<Peer>();
    const made = Object.assign(scope, {
      postMessage: (message: { readonly port: MessagePort }) => {
        greeted.resolve(new Peer(message.port));
      },
      terminate: () => undefined,
    });
    const { worker, failures } = client(() => made, { drainTimeMs: 1, reportsMax: 2 });
    const say = (data: unknown): void => {
      scope.dispatchEvent(new MessageEvent("message", { data }));
    };
    const started = worker.start();
    say({ asupersync: true, v, type: "ready" });
    const peer = await greeted.promise;
    peer.post({ v, type: "welcome" });
    await started;
    return { worker, failures, peer, scope, say };
  }

  test("garbage is told to onFailure and ends no call", async () => {
    const { worker, failures, peer } = await pretend();
    const call = worker.run("plain");
    for (const [message] of GARBAGE) peer.post(message);
    for (const id of IDS) {
      peer.post({ v, type: "outcome", id, outcome: { kind: "ok", value: "forged" } });
      peer.post({ v, type: "report", id, value: "forged" });
    }
    peer.post({ v, type: "failure", error: 7, kind: "task", label: "x" });
    peer.post({ v, type: "failure", error: 7, kind: 7, label: "x" });
    peer.post({ v, type: "violation", error: 7 });
    peer.post({ v, type: "outcome", id: 1, outcome: { kind: "ok", value: "true" } });
    expect(await call).toEqual({ kind: "ok", value: "true" });
    const codes = failures.map(({ error }) => (error as AsupersyncError).code);
    expect(codes.slice(0, GARBAGE.length)).toEqual(GARBAGE.map(([, code]) => code));
    expect(codes.slice(GARBAGE.length)).toEqual(
      Array.from({ length: 2 * IDS.length + 3 }, () => "WORKER_PROTOCOL"),
    );
    expect(worker.state).toBe("running");
  });

  test("an outcome for a call that was not made, or twice, ends nothing", async () => {
    const { worker, failures, peer } = await pretend();
    const outcome = { kind: "ok", value: 1 };
    const first = worker.run("plain");
    peer.post({ v, type: "outcome", id: 2, outcome });
    peer.post({ v, type: "outcome", id: 1, outcome: { kind: "great" } });
    peer.post({ v, type: "outcome", id: 1, outcome });
    expect(await first).toEqual(outcome);
    const second = worker.run("plain");
    peer.post({ v, type: "outcome", id: 1, outcome: { kind: "ok", value: "late" } });
    peer.post({ v, type: "outcome", id: 2, outcome });
    expect(await second).toEqual(outcome);
    expect(failures).toHaveLength(2);
    expect(worker.counters()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test("a report that was not granted is not kept", async () => {
    const { worker, failures, peer } = await pretend();
    const seen: unknown[] = [];
    const { promise: busy, resolve } = deferred();
    const onReport = (value: unknown): unknown => {
      seen.push(value);
      return busy;
    };
    const call = worker.run("count", 9, { onReport });
    await peer.next();
    for (const value of ["a", "b", "c", "d"]) peer.post({ v, type: "report", id: 1, value });
    await expect.poll(() => failures.length, SOON).toBe(1);
    resolve();
    peer.post({ v, type: "outcome", id: 1, outcome: { kind: "ok", value: "end" } });
    expect(await call).toEqual({ kind: "ok", value: "end" });
    expect(failures[0]?.error).toMatchObject({ code: "WORKER_PROTOCOL" });
    expect(seen).toEqual(["a", "b", "c"]);
  });

  test("what the app posts on the worker's own channel is none of ours", async () => {
    const { worker, failures, say } = await pretend();
    for (const data of ["hi", null, { type: "ready" }, { asupersync: "yes" }]) say(data);
    say({ asupersync: true, v, type: "ready" });
    expect(failures).toEqual([]);
    say({ asupersync: true, v, type: "boo" });
    expect(failures).toMatchObject([{ error: { code: "WORKER_PROTOCOL" } }]);
    expect(worker.state).toBe("running");
  });

  test("what cannot be read ends every call: nobody knows whose it was", async () => {
    const { worker, scope } = await pretend();
    const call = worker.run("plain");
    scope.dispatchEvent(new MessageEvent("messageerror"));
    expect(errorOf(await call)).toMatchObject({
      code: "WORKER_CRASHED",
      received: "a worker that ended: a message that cannot be read",
    });
  });

  test("a worker that never says that it has closed is not waited for", async () => {
    const { worker, peer } = await pretend();
    const call = worker.run("plain");
    const report = worker.close();
    expect((await call).kind).toBe("cancelled");
    expect(await report).toMatchObject({ outcome: "violations", revoked: [{ label: "plain" }] });
    peer.post({ v, type: "closed", report: {} });
    expect(worker.state).toBe("closed");
  });
});

describe("what holds errors and reports", () => {
  const whole = encodeThrown(new TimeoutError("TIMEOUT", "late")) as object;
  test.each<[unknown]>([
    [undefined],
    [7],
    [{ is: "error" }],
    [{ ...whole, name: 7 }],
    [{ ...whole, facts: undefined }],
    [{ ...whole, own: { code: "NO_SUCH_CODE", expected: "", received: "", mend: "" } }],
    [{ ...whole, own: { code: "TIMEOUT" } }],
    [{ ...whole, cause: { is: "nothing" } }],
    [{ ...whole, errors: {} }],
    [{ is: "cancelled", cancel: [] }],
  ])("what is no error is told apart: %j", (wire) => {
    expect(decodeThrown(wire)).toBeUndefined();
  });

  test("an error deeper than causes are kept is told apart", () => {
    let wire: unknown = whole;
    for (let depth = 0; depth < 20; depth += 1) wire = { ...whole, cause: wire };
    expect(decodeThrown(wire)).toBeUndefined();
  });

  test("facts do not reach what every error has", () => {
    const facts = Object.fromEntries([
      ["__proto__", "polluted"],
      ["message", "polluted"],
      ["toString", "polluted"],
      ["code", "polluted"],
      ["status", 418],
    ]);
    const { thrown: error } = decodeThrown({ ...whole, facts }) ?? {};
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "TIMEOUT", status: 418 });
    expect(String(error)).toMatch(/^TimeoutError: TIMEOUT/);
  });

  test("an error of ours with more to it than a code is of its class", () => {
    const decoded = decodeThrown(structuredClone(encodeThrown(new LaggedError(3))));
    expect(decoded?.thrown).toBeInstanceOf(LaggedError);
    expect(decoded?.thrown).toMatchObject({ missed: 3 });
  });

  test("an error whose own code throws crosses all the same", () => {
    const error = Object.defineProperty(new Error("x"), "message", {
      get: () => {
        throw new Error("trap");
      },
    });
    const decoded = decodeThrown(structuredClone(encodeThrown(error)));
    expect(decoded?.thrown).toBeInstanceOf(Error);
  });

  test.each<[unknown]>([
    [undefined],
    [{ kind: "err" }],
    [{ kind: "err", error: whole }],
    [{ kind: "err", error: whole, suppressed: [7] }],
    [{ kind: "cancelled", cancel: {} }],
    [{ kind: "panicked", message: "m", during: "lunch", error: whole }],
  ])("what is no outcome is told apart: %j", (wire) => {
    expect(decodeOutcome(wire)).toBeUndefined();
  });

  test.each<[unknown]>([[undefined], [{}], [{ outcome: "clean", revoked: 7 }]])(
    "what is no report is told apart: %j",
    (wire) => {
      expect(decodeReport(wire)).toBeUndefined();
      expect(decodeCancel(wire)).toBeUndefined();
    },
  );
});
