/** Calls of a worker's tasks: values, errors as they were, what cannot cross, and what is handed over. */
import { describe, expect, test } from "vitest";
import { AllFailedError, AsupersyncError, createRuntime, TimeoutError } from "../../src/index.js";
import { transfer } from "../../src/worker/worker-client.js";
import { withRuntime } from "../support.js";
import { client, errorOf, SOON } from "./support.js";

test("runs async, generator and plain tasks and gives their values", async () => {
  const { worker } = client();
  expect(await worker.run("add", { a: 2, b: 3 })).toEqual({ kind: "ok", value: 5 });
  expect(await worker.run("steps", 4)).toEqual({ kind: "ok", value: 10 });
  expect(await worker.run("plain", "loud")).toEqual({ kind: "ok", value: "LOUD" });
  expect(await worker.run("plain")).toEqual({ kind: "ok", value: "NOTHING" });
});

test("starts with the first call, and says where it stands", async () => {
  const { worker } = client();
  expect(worker.state).toBe("idle");
  const started = worker.start();
  expect(worker.state).toBe("starting");
  await started;
  expect(worker.state).toBe("running");
  const report = await worker.close();
  expect(worker.state).toBe("closed");
  expect(report).toMatchObject({ outcome: "clean", revoked: [], leaked: [], failures: [] });
  expect(await worker.close()).toBe(report);
});

test("a task's cx has the operations that one of a page has", async () => {
  const { worker } = client();
  const runtime = await createRuntime();
  const here = await runtime.run((cx) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(cx)).sort(),
  );
  expect(await worker.run("operations")).toEqual(here);
  await runtime.close();
});

test("where requests may go is the worker's rule too", async () => {
  const { worker } = client(undefined, { allowedOrigins: [new URL("https://example.com")] });
  expect(errorOf(await worker.run("ask", "http://localhost:1/"))).toMatchObject({
    code: "ORIGIN_NOT_ALLOWED",
  });
});

test("an operation of a task gives the value, and fails with the error", async () => {
  const { worker } = client();
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async (cx) => {
      const sum = await worker.call(cx, "add", { a: 1, b: 1 });
      const failure = await worker.call(cx, "fail", "theirs").then(undefined, (error) => error);
      return [sum, (failure as Error).message];
    });
    expect(outcome).toEqual({ kind: "ok", value: [2, "short and stout"] });
    expect(runtime.counters()).toMatchObject({ hostOps: 0, obligations: 0 });
  });
});

describe("an error crosses as what it is", () => {
  test("of ours: class, code, texts and cause", async () => {
    const { worker } = client();
    const error = errorOf(await worker.run("fail", "ours"));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ name: "TimeoutError", code: "TIMEOUT", received: "100 ms" });
    expect((error as Error).cause).toBeInstanceOf(TypeError);
    expect((error as Error).stack).toContain("tasks.worker");
  });

  test("of several: each of them", async () => {
    const { worker } = client();
    const error = errorOf(await worker.run("fail", "several"));
    expect(error).toBeInstanceOf(AllFailedError);
    const { errors } = error as AllFailedError;
    expect(errors[0]).toBeInstanceOf(SyntaxError);
    expect(errors[1]).toBe("two");
  });

  test("of the task's own: name, message, plain properties and cause", async () => {
    const { worker } = client();
    const error = errorOf(await worker.run("fail", "theirs"));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "TeapotError", message: "short and stout", status: 418 });
    expect((error as Error).cause).toEqual(new RangeError("too hot"));
  });

  test("of the platform's: a DOMException", async () => {
    const { worker } = client();
    const error = errorOf(await worker.run("fail", "platform"));
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: "NotFoundError", message: "gone" });
  });

  test("with causes in a ring: as many of them as causes are kept", async () => {
    const { worker } = client();
    let error = errorOf(await worker.run("fail", "cycle")) as Error | undefined;
    let depth = 0;
    for (; error instanceof Error; error = error.cause as Error | undefined) depth += 1;
    expect(depth).toBe(17);
  });

  test("and any value that was thrown", async () => {
    const { worker } = client();
    expect(await worker.run("fail", "value")).toEqual({ kind: "err", error: { plain: ["data"] } });
    expect(await worker.run("fail", "nothing")).toEqual({ kind: "err", error: undefined });
    expect(errorOf(await worker.run("fail", "function"))).toMatchObject({
      code: "WORKER_UNCLONABLE",
      received: "a function, which was thrown and cannot be posted",
    });
  });
});

test("a failed finalizer is a panic, there as here", async () => {
  const { worker, failures } = client();
  expect(await worker.run("failCleaningUp")).toMatchObject({
    kind: "panicked",
    panic: { during: "finalizer", error: new Error("in a finalizer") },
  });
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) => worker.call(cx, "failCleaningUp"));
    expect(errorOf(outcome)).toMatchObject({ code: "PANICKED" });
  });
  await worker.close();
  expect(failures.filter(({ kind }) => kind === "worker")).toEqual([]);
});

test("a failure that belongs to no call is told on the page", async () => {
  const { worker, failures } = client();
  await worker.run("failLater");
  const told = { kind: "task", label: "forgotten", error: new RangeError("nobody asked") };
  // Closed earlier, the task might be cancelled before it has failed.
  await expect.poll(() => failures, SOON).toMatchObject([told]);
  const report = await worker.close();
  expect(report.failures).toEqual([new RangeError("nobody asked")]);
});

test("what cannot be cloned fails its call alone, on either side", async () => {
  const { worker } = client();
  const neighbour = worker.run("steps", 3);
  const input = { a: () => undefined } as never;
  for (const outcome of [await worker.run("add", input), await worker.run("giveFunction")]) {
    expect(errorOf(outcome)).toBeInstanceOf(AsupersyncError);
    expect(errorOf(outcome)).toMatchObject({ code: "WORKER_UNCLONABLE" });
    expect((errorOf(outcome) as Error).cause).toMatchObject({ name: "DataCloneError" });
  }
  expect(await neighbour).toEqual({ kind: "ok", value: 6 });
  expect(worker.counters().inFlight).toBe(0);
});

test("a name that is no task says which there are", async () => {
  const { worker } = client();
  for (const name of ["multiply", "toString", "__proto__"]) {
    expect(errorOf(await worker.run(name as "crash"))).toMatchObject({
      code: "INVALID_ARGUMENT",
      received: JSON.stringify(name),
      expected: expect.stringMatching(/^the name of a task of this worker: add, steps, /),
    });
  }
});

describe("transfer", () => {
  test("hands the input over, and the value back", async () => {
    const { worker } = client();
    const bytes = Uint8Array.of(1, 2, 3);
    const { buffer } = bytes;
    const outcome = await worker.run("double", transfer(bytes, [buffer]));
    expect(buffer.byteLength).toBe(0);
    expect(outcome).toEqual({ kind: "ok", value: Uint8Array.of(2, 4, 6) });
  });

  test("without it the input is cloned", async () => {
    const { worker } = client();
    const bytes = Uint8Array.of(1, 2, 3);
    await worker.run("double", bytes);
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("of what was handed over already fails the call", async () => {
    const { worker } = client();
    const bytes = Uint8Array.of(1);
    await worker.run("double", transfer(bytes, [bytes.buffer]));
    expect(errorOf(await worker.run("double", transfer(bytes, [bytes.buffer])))).toMatchObject({
      code: "WORKER_UNCLONABLE",
    });
  });

  test.each<[unknown, unknown]>([
    ["text", []],
    [{}, undefined],
  ])("of what is no object and list is refused: %s, %s", (value, list) => {
    expect(() => transfer(value as never, list as never)).toThrow(/^INVALID_ARGUMENT/);
  });
});
