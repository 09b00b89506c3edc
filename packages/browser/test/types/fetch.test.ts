/** What `cx.fetch` takes and gives. Checked by `tsc -p tsconfig.test.json`; nothing in here is called. */
import { expectTypeOf, test } from "vitest";
import type {
  Cx,
  FetchImplementation,
  FetchInit,
  FetchProgress,
  FetchResponse,
  HttpStatusError,
  Op,
  RuntimeOptions,
  ServerSentEvent,
} from "../../src/index.js";

declare const cx: Cx;
declare const response: FetchResponse;

test("an address is a string, a URL or a Request", () => {
  const uses = () => [cx.fetch("/"), cx.fetch(new URL("/")), cx.fetch(new Request("/"))];
  expectTypeOf(uses).returns.toEqualTypeOf<Op<FetchResponse>[]>();
  // @ts-expect-error A number is none.
  const misuse = () => cx.fetch(7);
  expectTypeOf(misuse).toBeFunction();
});

test("whatever fetch takes is taken, and our own beside it", () => {
  expectTypeOf<RequestInit>().toExtend<FetchInit>();
  expectTypeOf<{ timeoutMs: number; expect: "ok" }>().toExtend<FetchInit>();
  expectTypeOf<{ expect: (status: number) => boolean }>().toExtend<FetchInit>();
  expectTypeOf<{ expect: "fine" }>().not.toExtend<FetchInit>();
  expectTypeOf<{ timeoutMs: "5 s" }>().not.toExtend<FetchInit>();
  expectTypeOf<Required<FetchInit>["onDownloadProgress"]>().parameters.toEqualTypeOf<
    [FetchProgress]
  >();
});

test("the readers give what they say", () => {
  const json = () => response.json();
  expectTypeOf(json).returns.toEqualTypeOf<Op<unknown>>();
  const typed = () => response.json<{ id: number }>();
  expectTypeOf(typed).returns.toEqualTypeOf<Op<{ id: number }>>();
  const events = () => response.sse({ reconnect: { pauseMs: 1, attempts: 3 } });
  expectTypeOf(events).returns.toEqualTypeOf<AsyncIterable<ServerSentEvent>>();
  const lines = () => response.lines({ lineCharsMax: 10 });
  expectTypeOf(lines).returns.toEqualTypeOf<AsyncIterable<string>>();
  expectTypeOf<HttpStatusError["response"]>().toEqualTypeOf<FetchResponse>();
});

test("the platform's fetch is an implementation, and so is a function of a Request", () => {
  expectTypeOf<typeof fetch>().toExtend<FetchImplementation>();
  expectTypeOf<(request: Request) => Promise<Response>>().toExtend<FetchImplementation>();
  expectTypeOf<(request: Request) => Response>().not.toExtend<FetchImplementation>();
  expectTypeOf<{ allowedOrigins: ["https://a.example", URL] }>().toExtend<RuntimeOptions>();
});
